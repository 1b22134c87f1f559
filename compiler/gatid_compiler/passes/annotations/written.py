"""What the annotations of a handler are written with: `Request[…]`, aliases of it, answers."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.passes.lookup import absolute, bound_names
from gatid_compiler.passes.python import PythonFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.passes.python import PythonProject

HOME = "gatid.handlers"
"""The module that handlers take the names of their parameters' types from."""

PARTS = ("body", "query", "path", "headers", "cookies")
"""The parameters of `Request[…]`, in their order, as the parts of a request."""


@dataclass(frozen=True, slots=True)
class Place:
    """An annotation, and the file among whose names it means something."""

    file: PythonFile
    node: ast.expr


def request_parts(project: PythonProject, place: Place) -> dict[str, Place]:
    """What an annotation says of each part of the request; nothing where it is no `Request[…]`."""
    found = follow(project, place)
    if not isinstance(found.node, ast.Subscript) or not _is(found, found.node.value, "Request"):
        return {}
    index = found.node.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return {name: Place(found.file, part) for name, part in zip(PARTS, parts, strict=False)}


def answers(project: PythonProject, place: Place) -> Iterator[Place]:
    """The types that an annotation of what is returned says: neither None nor the response is."""
    found = follow(project, place)
    node = found.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from answers(project, Place(found.file, node.left))
        yield from answers(project, Place(found.file, node.right))
    elif isinstance(node, ast.Subscript) and _named(found, node.value):
        several = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for each in several:
            yield from answers(project, Place(found.file, each))
    elif isinstance(node, ast.Constant) and node.value is None:
        return
    elif not _is(found, node, "Response"):
        # A class or an alias of one is read where its name stands.
        yield place if isinstance(place.node, ast.Name | ast.Attribute) else found


def follow(project: PythonProject, place: Place) -> Place:
    """The annotation that a name of an alias stands for, through imports; else the same."""
    seen: set[tuple[str, str]] = set()
    while True:
        match place.node:
            case ast.Constant(value=str(text)):
                try:
                    inner = ast.parse(text, mode="eval").body
                except SyntaxError:
                    return place
                place = Place(place.file, inner)
            case ast.Name(id=name) if (place.file.name, name) not in seen:
                seen.add((place.file.name, name))
                further = _bound(project, place.file, name)
                if further is None:
                    return place
                place = further
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                other = _module(project, place.file, module)
                if other is None or (other.name, name) in seen:
                    return place
                place = Place(other, ast.Name(name, ast.Load()))
            case _:
                return place


def _module(project: PythonProject, file: PythonFile, name: str) -> PythonFile | None:
    """The module of the project that a name stands for."""
    match _binding(file, name):
        case ast.Import(names=names):
            dotted = next(
                (a.name for a in names if (a.asname or a.name) == name and "." not in name), None
            )
        case ast.ImportFrom() as node:
            home = absolute(file, node)
            original = next(a.name for a in node.names if (a.asname or a.name) == name)
            dotted = None if home is None else f"{home}.{original}"
        case _:
            return None
    if dotted is None or not project.is_ours(dotted.partition(".")[0]):
        return None
    found = project.find(dotted)
    return found if isinstance(found, PythonFile) else None


def _bound(project: PythonProject, file: PythonFile, name: str) -> Place | None:
    node = _binding(file, name)
    match node:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return Place(file, value)
        case ast.ImportFrom():
            home = absolute(file, node)
            if home is None or not project.is_ours(home.partition(".")[0]):
                return None
            other = project.find(home)
            original = next(a.name for a in node.names if (a.asname or a.name) == name)
            if isinstance(other, PythonFile):
                return Place(other, ast.Name(original, ast.Load()))
    return None


def _binding(file: PythonFile, name: str) -> ast.stmt | None:
    found = None
    for node in _statements(() if file.tree is None else file.tree.body):
        if name in bound_names(node):
            found = node
    return found


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _statements(node.body)
        else:
            yield node


def _named(place: Place, node: ast.expr) -> bool:
    """Whether it is one of the older names of `|`, as they are imported."""
    return any(_is(place, node, name, "typing") for name in ("Optional", "Union"))


def _is(place: Place, node: ast.expr, name: str, home: str = HOME) -> bool:
    """Whether an expression is the name of that home, however it was imported."""
    match node:
        case ast.Name(id=written):
            bound = _binding(place.file, written)
            return (
                isinstance(bound, ast.ImportFrom)
                and absolute(place.file, bound) == home
                and any(a.name == name and (a.asname or a.name) == written for a in bound.names)
            )
        case ast.Attribute(attr=attr, value=value):
            return attr == name and ast.unparse(value) in (home, home.rpartition(".")[2])
        case _:
            return False
