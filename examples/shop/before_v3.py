"""The code that clients before v3 keep."""

from shop.catalogue import STOCK


async def stock(req, res, gctx, lctx):
    warehouse = int(req.query["warehouse"]) - 1
    return {"left": STOCK.get(req.params["sku"], (0, 0))[warehouse]}


async def export(req, res, gctx, lctx):
    articles = await gctx.modules.store.articles()
    lines = [f"{article['sku']} {article['kind']}\n" for article in articles]
    return res.bytes("".join(lines).encode(), "text/plain")
