import json


async def create(req, res, gctx, lctx):
    return _answered(req, res, req.body)


async def answer(req, res, gctx, lctx):
    return _answered(req, res, {"query": req.query, "params": req.params})


def _answered(req, res, seen):
    res.header("X-Seen", json.dumps(seen, sort_keys=True))
    return res.status(req.headers["x-status"]).json(json.loads(req.headers["x-answer"]))


def page_up(charges):
    raise AssertionError("pages are only answered with")


def page_down(page):
    return page["data"]


def customer_up(customer):
    return customer


def customer_down(customer):
    return customer if isinstance(customer, str) else customer["id"]
