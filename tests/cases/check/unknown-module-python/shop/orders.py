async def get(req, res, gctx, lctx):
    return await gctx.modules.stor.get(req.path["id"])
