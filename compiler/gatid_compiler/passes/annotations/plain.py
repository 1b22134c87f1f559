"""Which expressions of a source may be evaluated: those that name types, and do nothing else."""

from __future__ import annotations

import ast
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBRARIES = frozenset(
    (
        "annotated_types",
        "collections.abc",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "gatid_compiler.gtypes.python",
        "ipaddress",
        "pydantic",
        "re",
        "typing",
        "typing_extensions",
        "uuid",
    )
)
"""The modules whose names are taken as they are: what types are declared with."""

BUILTINS = frozenset((
    "bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "object", "set",
    "str", "tuple", "type",
))  # fmt: skip

_CALLED = frozenset((
    "Also", "AliasChoices", "ConfigDict", "Discriminator", "Doc", "Field", "Ge", "Gt", "Interval",
    "Le", "Len", "Lt", "Matches", "MaxLen", "MinLen", "MultipleOf", "NamedTuple", "NewType",
    "Secret", "StringConstraints", "Strict", "Tag", "TypeAliasType", "TypeVar", "TypedDict",
    "Unique", "auto", "compile", "condecimal", "confloat", "conint", "conlist", "constr",
    "dataclass", "field",
))  # fmt: skip
"""The names of those libraries that may be called: they make types and what describes them."""

_EVALUATED = frozenset(("Also", "NewType", "TypeAliasType", "TypedDict", "NamedTuple"))
"""Those of them that take annotations, perhaps as text."""


class Plain:
    """Judges the expressions of one module by what its names are known to be.

    `names` holds the values of the module's names; those that only running it would tell are
    absent. `libraries` are the names under which it imports whole libraries.
    """

    def __init__(self, names: Mapping[str, object], libraries: Mapping[str, str]) -> None:
        self._names = names
        self._libraries = libraries

    def value(self, node: ast.expr) -> bool:
        """Whether it can be evaluated now: every name in it is known."""
        return self._is_plain(node, known=True)

    def annotation(self, node: ast.expr) -> bool:
        """Whether it is one that can be evaluated once all its names are known."""
        return self._is_plain(node, known=False)

    def _is_plain(self, node: ast.expr, *, known: bool) -> bool:
        match node:
            case ast.Constant(value=str(text)):
                # A name that stands as text is evaluated like any other, later.
                return self._text(text)
            case ast.Constant():
                return True
            case ast.Name(id=name):
                return not known or name in BUILTINS or name in self._names
            case ast.Attribute():
                return self._attribute(node, known=known)
            case ast.Subscript(value=value, slice=index):
                inner = self._is_plain(value, known=known)
                if _last(value) == "Literal":
                    return inner and self._literals(index, known=known)
                return inner and self._is_plain(index, known=known)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._is_plain(left, known=known) and self._is_plain(right, known=known)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return True
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return all(self._is_plain(part, known=known) for part in parts)
            case ast.Dict(keys=keys, values=values):
                texts = all(isinstance(key, ast.Constant) for key in keys)
                return texts and all(self._is_plain(value, known=known) for value in values)
            case ast.Call():
                return self._call(node, known=known)
            case _:
                return False

    def _text(self, text: str) -> bool:
        try:
            inner = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError):
            return True  # no reader of annotations can evaluate it either
        return self.annotation(inner)

    def _attribute(self, node: ast.Attribute, *, known: bool) -> bool:
        """A name of a library or of another module of the project, or a member of an enum."""
        if node.attr.startswith("_"):
            return False
        path = _dotted(node.value)
        if path is None:
            return False
        if self._libraries.get(path) is not None:
            return True
        if not known and path.partition(".")[0] not in self._libraries:
            return True
        return isinstance(self._names.get(path), type | ModuleType)

    def _literals(self, node: ast.expr, *, known: bool) -> bool:
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        return all(isinstance(p, ast.Constant) or self._is_plain(p, known=known) for p in parts)

    def _call(self, node: ast.Call, *, known: bool) -> bool:
        name = _last(node.func)
        if name not in _CALLED or not self._of_library(node.func):
            return False
        parts = (*node.args, *(keyword.value for keyword in node.keywords))
        if any(keyword.arg is None for keyword in node.keywords):
            return False
        free = name not in _EVALUATED
        return all(
            (free and isinstance(part, ast.Constant)) or self._is_plain(part, known=known)
            for part in parts
        )

    def _of_library(self, node: ast.expr) -> bool:
        """Whether what is called comes from a library, and is not the project's own name."""
        if isinstance(node, ast.Name):
            home = getattr(self._names.get(node.id), "__module__", None)
            return isinstance(home, str) and (home in LIBRARIES or _top(home) in _TOPS)
        path = _dotted(node.value) if isinstance(node, ast.Attribute) else None
        return path is not None and path in self._libraries


_TOPS = frozenset(name.partition(".")[0] for name in LIBRARIES)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _dotted(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            inner = _dotted(value)
            return None if inner is None else f"{inner}.{name}"
        case _:
            return None


def _last(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None
