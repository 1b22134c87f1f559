async def get(req, res, gctx, lctx):
    await gctx.publish("order.made", "x")
    await gctx.publish("order.read", {"id": req.path["id"]})
    return {"id": req.path["id"]}


async def heard(event, gctx):
    await gctx.publish("order.made", event["id"])


class Store:
    def __init__(self, mctx):
        self.mctx = mctx

    async def save(self):
        await self.mctx.publish("order.made", "x")
        await self.mctx.publish("order.read", {"id": "x"})
