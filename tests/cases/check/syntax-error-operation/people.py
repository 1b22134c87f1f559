async def put(req, res, gctx, lctx):
    return req.body


async def rows(req, res, gctx, lctx):
    return None
