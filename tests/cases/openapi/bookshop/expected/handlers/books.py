"""Handlers of books."""


async def listBooks(req, res, gctx, lctx):
    """Books, a page at a time."""
    return res.problem(501, "Not implemented yet")


async def addBook(req, res, gctx, lctx):
    """POST /books"""
    return res.problem(501, "Not implemented yet")


async def getBook(req, res, gctx, lctx):
    """GET /books/{book_id}"""
    return res.problem(501, "Not implemented yet")


async def deleteBook(req, res, gctx, lctx):
    """DELETE /books/{book_id}"""
    return res.problem(501, "Not implemented yet")


async def setCover(req, res, gctx, lctx):
    """PUT /books/{book_id}/cover"""
    return res.problem(501, "Not implemented yet")
