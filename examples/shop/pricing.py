"""What an order costs."""

from collections.abc import Mapping
from decimal import Decimal

from shop import api


def total(lines: list[api.OrderLine], prices: Mapping[str, str]) -> Decimal:
    """The sum over the lines, exact; `prices` holds decimal text by article."""
    return sum((Decimal(prices[line["sku"]]) * line["quantity"] for line in lines), Decimal(0))
