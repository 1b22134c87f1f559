"""What the routes of `shop.gati` do. Bodies come and go in the newest shape.

The annotations are those of `api.py`, which `gatid gen python` writes from the configuration.
"""

from gatid.handlers import LocalContext, Response
from shop import api
from shop.pricing import total


async def create(
    req: api.CreateOrderRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> api.Order:
    order = {
        **req.body,
        "amount": total(req.body["lines"], gctx.config["prices"]),
        "currency": gctx.config["currency"],
        "status": "new",
    }
    stored: api.Order = await gctx.modules.store.insert(order)
    gctx.metrics.counter("shop_orders", labels={"version": req.version})
    res.header("Location", f"/orders/{stored['id']}")
    return stored


async def listing(
    req: api.ListOrdersRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> api.PageOrder:
    orders: list[api.Order] = await gctx.modules.store.page(
        status=req.query.get("status"),
        limit=req.query["limit"],
        after=req.query.get("after"),
    )
    page: api.PageOrder = {"items": orders}
    if len(orders) == req.query["limit"]:
        page["next"] = orders[-1]["id"]
    return page


async def get(
    req: api.GetOrderRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> api.Order:
    order: api.Order = await gctx.modules.store.get(req.params["id"])
    return order


async def pay(
    req: api.PayOrderRequest, res: Response, gctx: api.Context, lctx: LocalContext
) -> api.Order | Response:
    order: api.Order
    order, paid_now = await gctx.modules.store.pay(req.params["id"], req.body["reference"])
    if not paid_now:
        return res.problem(409, "Not to be paid", detail=f"the order is {order['status']}")
    gctx.log.info("order paid", order=order["id"], by=req.principal.name)
    return order
