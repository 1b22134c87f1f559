async def get(req, res, gctx, lctx)
    return req.body
