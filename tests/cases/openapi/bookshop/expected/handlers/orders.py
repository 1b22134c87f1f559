"""Handlers of orders."""


async def pay(req, res, gctx, lctx):
    """POST /payments"""
    return res.problem(501, "Not implemented yet")
