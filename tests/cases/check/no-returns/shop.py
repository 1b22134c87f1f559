async def get(req, res, gctx, lctx):
    return {"id": req.path["id"]}
