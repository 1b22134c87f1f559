"""What is for sale. Articles come and go in the newest shape."""

from gatid.handlers import LocalContext, Response
from shop import api

STOCK = {"TEA-0001": (40, 2), "MUG-0002": (7, 0), "POT-0003": (0, 0)}


async def listing(
    req: api.ListArticlesRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> list[api.Article]:
    articles: list[api.Article] = await gctx.modules.store.articles()
    return articles


async def stock(
    req: api.GetStockRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> api.GetStockAnswer:
    return {"left": sum(STOCK.get(req.params["sku"], ()))}


async def put(
    req: api.PutArticleRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> api.Article:
    article: api.Article = await gctx.modules.store.put_article(req.body)
    return article
