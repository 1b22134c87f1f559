import decimal

FACTOR = 100


def up(text):
    return {"cents": cents(text)}


def down(total):
    return f"{total['cents'] / FACTOR:.2f}"


def cents(text):
    return round(decimal.Decimal(text) * FACTOR)  # half to even


def unrelated():
    return 2
