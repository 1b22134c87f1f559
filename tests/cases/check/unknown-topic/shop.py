async def get(req, res, gctx, lctx):
    await gctx.publish("order.read", {"id": req.path["id"]})
    return {"id": req.path["id"]}
