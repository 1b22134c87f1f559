"""Handlers of root."""


async def index(req, res, gctx, lctx):
    """GET /"""
    return res.problem(501, "Not implemented yet")


async def get_crate(req, res, gctx, lctx):
    """GET /crates/{id}"""
    return res.problem(501, "Not implemented yet")


async def put_crate(req, res, gctx, lctx):
    """PUT /crates/{id}"""
    return res.problem(501, "Not implemented yet")


async def post_crate(req, res, gctx, lctx):
    """POST /crates/{id}"""
    return res.problem(501, "Not implemented yet")


async def twice(req, res, gctx, lctx):
    """GET /from/{a}/{undeclared}/{a_2}"""
    return res.problem(501, "Not implemented yet")
