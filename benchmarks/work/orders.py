async def place(req, res, gctx, lctx):
    return receipt(req.params["id"], req.body)


def receipt(order_id, order):
    lines = order["lines"]
    return {
        "id": order_id,
        "customer": order["customer"]["name"],
        "lines": len(lines),
        "pieces": sum(line["quantity"] for line in lines),
        "status": order["status"],
        "gift": any(line["gift"] for line in lines),
    }
