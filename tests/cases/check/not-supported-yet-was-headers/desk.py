async def close(req, res, gctx, lctx):
    res.status(204)


def up(headers):
    return {"x-trace": headers["x-old"]} if "x-old" in headers else {}


def down(headers):
    return {"x-old": headers["x-trace"]} if "x-trace" in headers else {}
