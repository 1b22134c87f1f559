async def put(req, res, gctx, lctx):
    return req.body


def up(value):
    return value


def down(value):
    return value
