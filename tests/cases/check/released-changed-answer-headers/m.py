async def list(req, res, gctx, lctx): return {}
