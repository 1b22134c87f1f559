async def look(req, res, gctx, lctx):
    return req.params
