"""Handlers of root."""


async def tasks_list(req, res, gctx, lctx):
    """GET /tasks"""
    return res.problem(501, "Not implemented yet")


async def tasks_create(req, res, gctx, lctx):
    """POST /tasks"""
    return res.problem(501, "Not implemented yet")


async def tasks_change(req, res, gctx, lctx):
    """PATCH /tasks/{id}"""
    return res.problem(501, "Not implemented yet")
