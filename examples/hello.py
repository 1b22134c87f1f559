async def greet(req, res, gctx, lctx):
    return {"greeting": f"Hello, {req.params['name']}!"}
