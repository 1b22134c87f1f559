TABLE = {"a": 1}


async def get(req, res):
    return {"id": req.path["id"]}


def report(req, res, gctx, lctx):
    pass


def connect(mctx):
    return None


class Cache:
    def __init__(self):
        self.held = {}
