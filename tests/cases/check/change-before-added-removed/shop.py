async def put(req, res, gctx, lctx):
    return req.body


def find(req, res, gctx, lctx):
    return []


def bare(req, res):
    return []
