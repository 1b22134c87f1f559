"""A Python module reduced to the types it declares, which are made without running the rest.

Classes keep their fields and lose their methods; aliases and imports of types stay. A name whose
value only running the code would tell is left out, and so is all that needs it.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from typing_extensions import TypeAliasType

from gatid_compiler.passes.annotations.plain import BUILTINS, LIBRARIES, Plain
from gatid_compiler.passes.lookup import absolute, bound_names, nested_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gatid_compiler.passes.python import PythonFile

_FLAGS = __future__.annotations.compiler_flag
_BUILTINS = {name: getattr(builtins, name) for name in (*BUILTINS, "__build_class__")}

_MADE_BY = frozenset(("__init__", "__new__", "__post_init__", "__init_subclass__"))
"""Methods that decide what values a class has, besides its fields."""

_HARMLESS = frozenset(("property", "cached_property", "staticmethod", "classmethod", "override"))

_UNKNOWN = "_only_running_tells"
"""A default that cannot be read: there is one, and that is all that is known of it."""

_ALIAS = "_made_alias"
"""What makes a named type of an alias."""


class Reduced:
    """One file's types. `imported` gives the reduced module of a name of the project.

    `module` fills in two steps, since modules import one another in circles: what each declares
    when it is made, and by `complete` what its annotations name of others.
    """

    def __init__(self, file: PythonFile, name: str) -> None:
        self.file = file
        self.module = ModuleType(name)
        self._names = vars(self.module)
        self._names["__builtins__"] = dict(_BUILTINS)
        self._libraries: dict[str, str] = {}
        self._late: list[tuple[str, str, str]] = []
        self._plain = Plain(self._names, self._libraries)

    def fill(self, imported: Callable[[str], Reduced | None]) -> None:
        """Makes what the file declares, in the order of writing."""
        self._imported = imported
        assert self.file.tree is not None  # noqa: S101 - only parsed files are reduced
        self._names[_UNKNOWN] = object()
        self._names[_ALIAS] = TypeAliasType
        self._body(self.file.tree.body)

    def complete(self) -> None:
        """Takes over the names that came later than they were imported here."""
        for name, home, original in self._late:
            other = self._imported(home)
            if other is not None and original in vars(other.module):
                self._names.setdefault(name, vars(other.module)[original])

    def plain(self, annotation: ast.expr) -> bool:
        """Whether an annotation of the file can be evaluated among its names."""
        return self._plain.annotation(annotation)

    def _body(self, body: Sequence[ast.stmt]) -> None:
        for node in body:
            match node:
                case ast.Import():
                    self._import(node)
                case ast.ImportFrom():
                    self._import_from(node)
                case (
                    ast.If(test=ast.Name(id="TYPE_CHECKING"), body=inner)
                    | ast.If(test=ast.Attribute(attr="TYPE_CHECKING"), body=inner)
                ):
                    self._body(inner)
                case ast.ClassDef():
                    self._bind((node.name,), self._class(node))
                case ast.AnnAssign(
                    target=ast.Name(id=name), annotation=told, value=ast.expr() as value
                ) if ast.unparse(told).rpartition(".")[2] == "TypeAlias":
                    self._bind((name,), self._alias(name, value))
                case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                    self._bind(bound_names(node), node if self._plain.value(value) else None)
                case _ if _is_alias(node):
                    self._bind(_alias_names(node), node)
                case _:
                    self._bind((*bound_names(node), *nested_names(node)), None)

    def _bind(self, names: Sequence[str] | Iterator[str], node: ast.stmt | None) -> None:
        """Runs a statement that does nothing but make types; without one the names are lost."""
        for name in names:
            self._names.pop(name, None)
        if node is None:
            return
        tree = ast.fix_missing_locations(ast.Module([node], []))
        code = compile(tree, self.file.source.path, "exec", _FLAGS, dont_inherit=True)
        # Libraries refuse in many ways; what they refuse stays out.
        with contextlib.suppress(Exception):
            exec(code, self._names)  # noqa: S102 - reduced to declarations of types above

    def _alias(self, name: str, value: ast.expr) -> ast.stmt | None:
        """`X: TypeAlias = …` as what may come before the names in it, and be of itself."""
        if not self._plain.annotation(value):
            return None
        # As text it is evaluated when it is read, as a type checker does it.
        text = value if isinstance(value, ast.Constant) else ast.Constant(ast.unparse(value))
        made = ast.Call(ast.Name(_ALIAS, ast.Load()), [ast.Constant(name), text], [])
        return ast.Assign([ast.Name(name, ast.Store())], made)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self._names.pop(alias.asname or top, None)
            if alias.name in LIBRARIES:
                self._libraries[alias.asname or alias.name] = alias.name
                whole = importlib.import_module(alias.name)
                self._names[alias.asname or top] = whole if alias.asname else sys.modules[top]
                continue
            other = self._imported(alias.name)
            if other is not None and (alias.asname or top == alias.name):
                self._names[alias.asname or top] = other.module

    def _import_from(self, node: ast.ImportFrom) -> None:
        home = absolute(self.file, node)
        for alias in node.names:
            name = alias.asname or alias.name
            self._names.pop(name, None)
            if home is None or alias.name == "*":
                continue
            if home in LIBRARIES and node.level == 0:
                found = importlib.import_module(home)
                if hasattr(found, alias.name):
                    self._names[name] = getattr(found, alias.name)
                continue
            other = self._imported(home)
            module = self._imported(f"{home}.{alias.name}")
            if other is not None and alias.name in vars(other.module):
                self._names[name] = vars(other.module)[alias.name]
            elif module is not None:
                self._names[name] = module.module
            elif other is not None:
                self._late.append((name, home, alias.name))

    def _class(self, node: ast.ClassDef) -> ast.ClassDef | None:
        """The class without its methods; None where these decide about its values."""
        parts = (*node.bases, *(k.value for k in node.keywords), *node.decorator_list)
        plain = self._plain
        if not all(plain.value(p) or _is_dataclass(p, plain) for p in parts):
            return None
        body: list[ast.stmt] = []
        for inner in node.body:
            match inner:
                case ast.AnnAssign(annotation=annotation, value=value):
                    told = annotation if plain.annotation(annotation) else _unknown()
                    default = None if value is None else self._default(value)
                    body.append(ast.AnnAssign(inner.target, told, default, inner.simple))
                case ast.Assign(targets=targets, value=value):
                    body.append(ast.Assign(targets, self._default(value)))
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    if not _is_plain_method(inner):
                        return None
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    return None
        kept = body or [ast.Pass()]
        return ast.ClassDef(node.name, node.bases, node.keywords, kept, node.decorator_list)

    def _default(self, node: ast.expr) -> ast.expr:
        plain = isinstance(node, ast.Constant) or self._plain.value(node)
        return node if plain else _unknown()


def _unknown() -> ast.expr:
    return ast.Name(_UNKNOWN, ast.Load())


def _is_dataclass(node: ast.expr, plain: Plain) -> bool:
    return isinstance(node, ast.Call) and plain.value(node)


def _is_plain_method(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = [getattr(d, "id", getattr(d, "attr", None)) for d in node.decorator_list]
    special = node.name in _MADE_BY or node.name.startswith(("__get_pydantic", "_missing_"))
    return not special and all(name in _HARMLESS for name in names)


def _is_alias(node: ast.stmt) -> bool:
    """`type X = …`, which Python has from 3.12 on."""
    return type(node).__name__ == "TypeAlias"


def _alias_names(node: ast.stmt) -> tuple[str, ...]:
    return (ast.unparse(node).split()[1].split("[")[0].strip(),)
