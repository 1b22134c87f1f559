async def put(req, res, gctx, lctx):
    return req.body


async def get(req, res, gctx, lctx):
    return {"total": 1}
