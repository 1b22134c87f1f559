"""What a name at the top level of a Python module is, as far as the source shows it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.passes.python import Elsewhere, PythonFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_compiler.passes.python import PythonProject


@dataclass(frozen=True, slots=True)
class Callable:
    """A function or lambda, undecorated: its parameters are what they seem.

    `bound` counts those that are filled before a caller's: the `self` of an `__init__`.
    """

    file: PythonFile
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    bound: int = 0


@dataclass(frozen=True, slots=True)
class Class:
    """A class that is plain to see, with its bases; `own` is the `__init__` in its own body."""

    file: PythonFile
    node: ast.ClassDef
    own: Callable | None
    bases: tuple[Class, ...] = ()

    @property
    def init(self) -> Callable | None:
        """The `__init__` that is called; None where no class has one."""
        return next((each.own for each in self.order if each.own is not None), None)

    @property
    def order(self) -> tuple[Class, ...]:
        """The classes in which attributes are looked up, in Python's order (C3)."""
        found: list[Class] = [self]
        ways = [[*base.order] for base in self.bases] + [[*self.bases]]
        while ways := [way for way in ways if way]:
            heads = (way[0] for way in ways)
            later = [each for way in ways for each in way[1:]]
            # Where there is no order the class cannot be made, and any will do.
            head = next((each for each in heads if each not in later), ways[0][0])
            found.append(head)
            ways = [[each for each in way if each != head] for way in ways]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class NotCallable:
    """A constant, a list, a module, …"""

    file: PythonFile
    node: ast.expr | ast.stmt | ast.alias
    what: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It is there, but only running the code tells what it is: left to the scout."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The module has no such name; `names` are those that it has."""

    names: tuple[str, ...]


Thing = Callable | Class | NotCallable | Unknown | Missing


def lookup(project: PythonProject, file: PythonFile, name: str) -> Thing:
    """What `name` is at the top level of `file`."""
    return _Lookup(project).name(file, name)


def accepts(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, count: int) -> bool:
    """Whether a call with exactly `count` positional arguments fits the parameters."""
    args = node.args
    positional = len(args.posonlyargs) + len(args.args)
    required = positional - len(args.defaults)
    keywords = any(default is None for default in args.kw_defaults)
    fits = positional >= count or args.vararg is not None
    return required <= count and fits and not keywords


def is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Whether calling the function runs nothing of it: what it gives waits to be iterated over."""
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            yield child
            yield from _own(child)


class _Lookup:
    """Follows assignments and imports; a circle among them ends as unknown."""

    def __init__(self, project: PythonProject) -> None:
        self._project = project
        self._way: set[tuple[str, str]] = set()

    def name(self, file: PythonFile, name: str) -> Thing:
        if file.tree is None or (file.name, name) in self._way:
            return Unknown()
        self._way.add((file.name, name))
        found = self._named(file, file.tree, name)
        # Bases of a class may lead to the same one twice, which is no circle.
        self._way.discard((file.name, name))
        return found

    def _named(self, file: PythonFile, tree: ast.Module, name: str) -> Thing:
        bindings, certain = _bindings(tree.body, name)
        if not bindings:
            return self._absent(file, tree, name)
        if not certain:
            return Unknown()
        return self._bound(file, bindings[-1], name)

    def _absent(self, file: PythonFile, tree: ast.Module, name: str) -> Thing:
        if file.is_package and name in self._project.submodules(file.name):
            return NotCallable(file, tree.body[0] if tree.body else ast.Pass(), "a module")
        names = sorted(set(_top_names(tree.body)))
        # A star import, a `__getattr__`, or an assignment through `globals()` may bring it.
        dynamic = "*" in names or "__getattr__" in names or _calls_globals(tree)
        if dynamic or name in _EVERY_MODULE:
            return Unknown()
        return Missing(tuple(names))

    def _bound(self, file: PythonFile, node: ast.AST, name: str) -> Thing:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return Unknown() if node.decorator_list else Callable(file, node)
            case ast.ClassDef():
                return self._class(file, node)
            case ast.ImportFrom():
                return self._imported(file, node, name)
            case ast.Import():
                return NotCallable(file, node, "a module")
            case ast.Assign(value=value, targets=targets):
                plain = [t for t in targets if isinstance(t, ast.Name) and t.id == name]
                return self._value(file, value, plain[0]) if plain else Unknown()
            case ast.AnnAssign(value=ast.expr() as value, target=target):
                return self._value(file, value, target)
            case _:
                return Unknown()

    def _value(self, file: PythonFile, value: ast.expr, target: ast.expr) -> Thing:
        match value:
            case ast.Name(id=other):
                found = self.name(file, other)
                return Unknown() if isinstance(found, Missing) else found
            case ast.Lambda():
                return Callable(file, value)
            case ast.Constant():
                return NotCallable(file, target, "a constant")
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set() | ast.JoinedStr():
                return NotCallable(file, target, "data")
            case _:
                return Unknown()

    def _imported(self, file: PythonFile, node: ast.ImportFrom, name: str) -> Thing:
        original = next(a.name for a in node.names if (a.asname or a.name) == name)
        module = absolute(file, node)
        if module is None:
            return Unknown()
        found = self._project.find(module)
        target = found.file if isinstance(found, Elsewhere) else found
        if target is None:
            return Unknown()
        thing = self.name(target, original)
        # A name that only the running module has is no fault of the importing one here.
        return Unknown() if isinstance(thing, Missing) else thing

    def _class(self, file: PythonFile, node: ast.ClassDef) -> Thing:
        bases = [self._base(file, base) for base in node.bases]
        if any(base is None for base in bases) or node.keywords or node.decorator_list:
            return Unknown()
        plain = tuple(base for base in bases if isinstance(base, Class))
        if "__new__" in set(_top_names(node.body)):
            return Unknown()
        bindings, certain = _bindings(node.body, "__init__")
        if not bindings:
            return Class(file, node, None, plain)
        init = bindings[-1]
        if not certain or not isinstance(init, ast.FunctionDef) or init.decorator_list:
            return Unknown()
        return Class(file, node, Callable(file, init, bound=1), plain)

    def _base(self, file: PythonFile, base: ast.expr) -> Class | ast.expr | None:
        """A base class; `object` itself, which adds nothing; None for what is not plain."""
        if not isinstance(base, ast.Name):
            return None
        found = self.name(file, base.id)
        if isinstance(found, Class):
            return found
        builtin = base.id == "object" and isinstance(found, Missing)
        return base if builtin else None


_EVERY_MODULE = frozenset(("__name__", "__doc__", "__file__", "__spec__", "__loader__", "__dict__"))


def absolute(file: PythonFile, node: ast.ImportFrom) -> str | None:
    """The dotted name that a `from … import` reads from; None above the top level."""
    if node.level == 0:
        return node.module
    package = file.name.split(".") if file.is_package else file.name.split(".")[:-1]
    keep = len(package) - (node.level - 1)
    if keep <= 0:
        return None
    return ".".join((*package[:keep], *([node.module] if node.module else [])))


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _bindings(body: Sequence[ast.stmt], name: str) -> tuple[list[ast.AST], bool]:
    """The statements that bind a name in order; certain if the last one runs for sure."""
    found: list[ast.AST] = []
    certain = True
    for node in body:
        if isinstance(node, _NAMED):
            # Asked for every handler of a module of as many functions, so nothing else is made.
            if node.name == name:
                found, certain = [node], True
        elif name in bound_names(node):
            found, certain = [node], True
        elif name in set(nested_names(node)):
            found.append(node)
            certain = False
        elif isinstance(node, ast.Delete) and any(
            isinstance(t, ast.Name) and t.id == name for t in node.targets
        ):
            found, certain = [], True
    return found, certain


def _top_names(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        yield from bound_names(node)
        yield from nested_names(node)


def bound_names(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds itself, whenever it runs."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names):
            for alias in names:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.ImportFrom(names=names):
            for alias in names:
                yield alias.asname or alias.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _target_names(target)
        case ast.AnnAssign(target=target, value=ast.expr()):
            yield from _target_names(target)
        case _:
            return


def nested_names(node: ast.stmt) -> Iterator[str]:
    """The names that are bound inside a statement's blocks or expressions, perhaps."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from bound_names(child)
            yield from nested_names(child)
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            for inner in child.body:
                yield from bound_names(inner)
                yield from nested_names(inner)
        elif isinstance(child, ast.withitem):
            if child.optional_vars is not None:
                yield from _target_names(child.optional_vars)
        elif isinstance(child, ast.expr) and not isinstance(node, ast.Assign | ast.AnnAssign):
            yield from (
                n.target.id
                for n in ast.walk(child)
                if isinstance(n, ast.NamedExpr) and isinstance(n.target, ast.Name)
            )
    if isinstance(node, ast.For | ast.AsyncFor):
        yield from _target_names(node.target)
    if isinstance(node, ast.AugAssign):
        yield from _target_names(node.target)


def _target_names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _target_names(part)
        case ast.Starred(value=inner):
            yield from _target_names(inner)
        case _:
            return


def _calls_globals(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("globals", "vars", "setattr", "exec")
        for node in ast.walk(tree)
    ) or any(isinstance(node, ast.Global) for node in ast.walk(tree))
