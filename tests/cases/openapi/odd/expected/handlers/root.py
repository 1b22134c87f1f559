"""Handlers of root."""


async def get_files_name_suffix(req, res, gctx, lctx):
    """GET /files/{name_suffix}"""
    return res.problem(501, "Not implemented yet")


async def get_search(req, res, gctx, lctx):
    """GET /search"""
    return res.problem(501, "Not implemented yet")


async def class_(req, res, gctx, lctx):
    """POST /both"""
    return res.problem(501, "Not implemented yet")


async def class__2(req, res, gctx, lctx):
    """POST /maybe"""
    return res.problem(501, "Not implemented yet")
