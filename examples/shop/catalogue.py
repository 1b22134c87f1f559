"""What is for sale. Articles come and go in the newest shape."""

STOCK = {"TEA-0001": (40, 2), "MUG-0002": (7, 0), "POT-0003": (0, 0)}


async def listing(req, res, gctx, lctx):
    return await gctx.modules.store.articles()


async def stock(req, res, gctx, lctx):
    return {"left": sum(STOCK.get(req.params["sku"], ()))}


async def put(req, res, gctx, lctx):
    return await gctx.modules.store.put_article(req.body)
