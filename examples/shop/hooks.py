"""What runs around the handlers."""

from gatid.handlers import LocalContext, Request, Response
from shop import api


def check_stock(
    req: api.CreateOrderRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> None:
    """Before an order is placed: everything in it must be for sale. An answer ends the request."""
    prices, sold_out = gctx.config["prices"], gctx.config["sold_out"]
    for line in req.body["lines"]:
        if line["sku"] not in prices:
            res.problem(409, "Not sold here", detail=f"{line['sku']} is no article of ours")
            return
        if line["sku"] in sold_out:
            res.problem(409, "Sold out", detail=f"{line['sku']} is sold out")
            return


def uncached(req: Request, res: Response, gctx: api.Context, lctx: LocalContext) -> None:
    """After every handler: nothing here is for caches."""
    res.header("Cache-Control", "no-store")


def not_found(
    error: Exception, req: Request, res: Response, gctx: api.Context, lctx: LocalContext
) -> None:
    """The store raises `KeyError` for an order that it does not have."""
    if isinstance(error, KeyError):
        res.problem(404, "No such order")
