"""Rules about the Python that a configuration names."""

from __future__ import annotations

from gatid_compiler.rules.page import rule

PYTHON_SYNTAX = rule(
    "python-syntax",
    "A Python file of the project cannot be parsed, so that it could not be loaded either.",
    "async def create(req, res, gctx, lctx)\n    return req.body",
    "async def create(req, res, gctx, lctx):\n    return req.body",
    language="python",
)

PYTHON_MODULE_MISSING = rule(
    "python-module-missing",
    """
    There is no such Python module: not from the directory of the entry file, and not among
    the installed packages of the Python that gatid runs on.
    """,
    "handler shop.ordrs:create",
    "handler shop.orders:create",
)

PYTHON_NAME_MISSING = rule(
    "python-name-missing",
    "The Python module is there, but has nothing of that name at its top level.",
    "handler shop.orders:creat",
    "handler shop.orders:create",
)

PYTHON_SIGNATURE = rule(
    "python-signature",
    """
    The object cannot be called as gatid calls it. Handlers, before hooks and after hooks take
    `(req, res, gctx, lctx)`, catch hooks `(error, req, res, gctx, lctx)`, each sync or async;
    a module is a class that takes `(self, mctx)`.
    """,
    "async def create(req, res):\n    return req.body",
    "async def create(req, res, gctx, lctx):\n    return req.body",
    language="python",
)

HANDLER_TYPE = rule(
    "handler-type",
    """
    A handler's annotations and its route do not agree: the route lets in a request that
    `Request[…]` does not name, or the function is annotated to return what the route does not
    answer with. The message shows such a value. What Python does not say is no fault: an
    annotation `str` fits a text of any length, and `Any` fits everything.
    """,
    """
    class Note(TypedDict):
        text: int


    # The route says `returns { text: string }`.
    async def get(req, res, gctx, lctx) -> Note: ...
    """,
    """
    class Note(TypedDict):
        text: str


    # The route says `returns { text: string }`.
    async def get(req, res, gctx, lctx) -> Note: ...
    """,
    language="python",
)
