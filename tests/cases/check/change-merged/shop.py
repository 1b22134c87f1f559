async def put(req, res, gctx, lctx):
    return req.body
