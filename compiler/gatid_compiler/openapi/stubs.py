"""Handlers that answer 501 until somebody writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.openapi.routes import Route


def stubs(routes: Sequence[Route]) -> dict[str, str]:
    """The files of the package `handlers`: a module for each tag, a function for each route."""
    modules: dict[str, list[str]] = {}
    for route in routes:
        modules.setdefault(route.module, []).append(_stub(route))
    files = {
        f"handlers/{module}.py": f'"""Handlers of {module}."""\n\n\n' + "\n\n".join(functions)
        for module, functions in modules.items()
    }
    return {**files, "handlers/__init__.py": ""} if files else {}


def _stub(route: Route) -> str:
    said = " ".join(route.doc.split()).replace("\\", "\\\\").replace('"""', "'''").rstrip('"')
    doc = said or f"{route.method} {route.path}"
    return (
        f"async def {route.function}(req, res, gctx, lctx):\n"
        f'    """{doc}"""\n'
        f'    return res.problem(501, "Not implemented yet")\n'
    )
