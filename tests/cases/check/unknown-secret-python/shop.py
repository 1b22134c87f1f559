async def get(req, res, gctx, lctx):
    dsn = await gctx.secrets.get("store_dns")
    res.header("X-Length", str(len(dsn.reveal())))
