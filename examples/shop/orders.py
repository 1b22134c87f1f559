"""What the routes of `shop.gati` do. Bodies come and go in the newest shape."""

from shop.pricing import total


async def create(req, res, gctx, lctx):
    order = {
        **req.body,
        "amount": total(req.body["lines"], gctx.config["prices"]),
        "currency": gctx.config["currency"],
        "status": "new",
    }
    stored = await gctx.modules.store.insert(order)
    gctx.metrics.counter("shop_orders", labels={"version": req.version})
    res.header("Location", f"/orders/{stored['id']}")
    return stored


async def listing(req, res, gctx, lctx):
    orders = await gctx.modules.store.page(
        status=req.query.get("status"),
        limit=req.query["limit"],
        after=req.query.get("after"),
    )
    page = {"items": orders}
    if len(orders) == req.query["limit"]:
        page["next"] = orders[-1]["id"]
    return page


async def get(req, res, gctx, lctx):
    return await gctx.modules.store.get(req.params["id"])


async def pay(req, res, gctx, lctx):
    order, paid_now = await gctx.modules.store.pay(req.params["id"], req.body["reference"])
    if not paid_now:
        return res.problem(409, "Not to be paid", detail=f"the order is {order['status']}")
    gctx.log.info("order paid", order=order["id"], by=req.principal.name)
    return order
