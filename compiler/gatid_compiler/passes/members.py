"""What the body of a class defines, as far as its source shows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.passes.lookup import Class
    from gatid_compiler.passes.python import PythonFile

_PROPERTIES = frozenset(("property", "cached_property", "setter", "getter", "deleter"))


def members(class_: Class) -> Mapping[str, tuple[PythonFile, ast.stmt]]:
    """What may be called of a class and its bases, by name: the last definition of the nearest.

    One that stands inside an `if` or a `try` is that statement: which it is, only running tells.
    """
    return {name: at for name, at in _definitions(class_).items() if _may_be_called(at[1])}


def _definitions(class_: Class) -> dict[str, tuple[PythonFile, ast.stmt]]:
    found: dict[str, tuple[PythonFile, ast.stmt]] = {}
    for each in reversed(class_.order):
        for node in each.node.body:
            found.update((name, (each.file, node)) for name in _defined(node))
    return found


def decorators(node: ast.stmt) -> tuple[str, ...]:
    """The last words of a definition's decorators; empty text for one that is computed."""
    found = []
    for each in getattr(node, "decorator_list", ()):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found.append(name)
            case _:
                found.append("")
    return tuple(found)


def _defined(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name
        case ast.expr():
            pass
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _defined(child)


def _may_be_called(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not any(name in _PROPERTIES for name in decorators(node))
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return isinstance(value, ast.Lambda | ast.Call | ast.Name | ast.Attribute)
        case ast.ClassDef():
            return False
        case _:
            return True
