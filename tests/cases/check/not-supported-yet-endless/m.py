async def one(req, res, gctx, lctx):
    return req.body
