"""Every public name says what is true of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.house.repository import modules, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _public(node: Documented, name: str) -> Iterator[tuple[Documented, str]]:
    """A node and the public classes and functions in it; what functions hold is their own.

    The members of a protocol are somebody else's, its own docstring says whose.
    """
    yield node, name
    if isinstance(node, ast.Module | ast.ClassDef) and not _is_protocol(node):
        for child in node.body:
            if isinstance(child, Documented) and not child.name.startswith("_"):
                yield from _public(child, f"{name}:{child.name}")


def _is_protocol(node: ast.Module | ast.ClassDef) -> bool:
    return any(ast.unparse(base) == "Protocol" for base in getattr(node, "bases", ()))


def _says_elsewhere(node: Documented) -> bool:
    """Setters and overriding methods are documented where their getter or base is."""
    decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", ())]
    return any(each.endswith((".setter", "override")) for each in decorators)


def test_every_public_name_has_a_docstring() -> None:
    bare = [
        where
        for path in modules()
        if path.name != "__main__.py"
        for node, where in _public(tree(path), str(path))
        if not ast.get_docstring(node) and not _says_elsewhere(node)
    ]
    assert bare == []
