async def close(req, res, gctx, lctx):
    res.status(204)


async def reopen(req, res, gctx, lctx):
    res.status(204)
