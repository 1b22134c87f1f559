class Store:
    def __init__(self, mctx):
        self.secrets = mctx.secrets


async def get(req, res, g, lctx):
    dsn = await g.secrets.get("dsn")
    res.header("X-Length", str(len(dsn.reveal())))
