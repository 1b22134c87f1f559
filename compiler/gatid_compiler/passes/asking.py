"""What a piece of Python asks of its context: modules, secrets and topics, by name.

Followed are the context itself, its `secrets` and `modules`, and names and attributes that hold
one of these all the time. What is asked for by a name that only running the code tells, or by
someone the context is handed to, has no name here: it is unknown, and said to be.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gatid_compiler.passes.python import PythonFile
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatid_compiler.passes.lookup import Class
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Kind = Literal["module", "secret", "topic"]
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
KINDS: tuple[Kind, ...] = ("module", "secret", "topic")

_Role = str
"""`context`, `modules`, `secrets`, `get`, `publish`, or a module: `module NAME`."""

_MODULE = "module "
_BEHIND: Mapping[_Role, tuple[Kind, ...]] = {
    "context": KINDS,
    "modules": ("module",),
    "secrets": ("secret",),
    "get": ("secret",),
    "publish": ("topic",),
}
"""What may be asked for by who holds one of these."""

_PARTS: Mapping[tuple[_Role, str], _Role] = {
    ("context", "modules"): "modules",
    ("context", "secrets"): "secrets",
    ("context", "publish"): "publish",
    ("secrets", "get"): "get",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A module, secret or topic that is asked for; `name` None where the source does not tell.

    Of a `method` the module is `of`.
    """

    kind: Kind | Literal["method"]
    name: str | None
    file: PythonFile
    node: ast.expr
    of: str = ""

    @property
    def span(self) -> Span:
        """The name itself: the attribute, or the string."""
        span = self.file.span(self.node)
        if isinstance(self.node, ast.Attribute) and self.name is not None:
            return Span(span.source, span.end - len(self.name), span.end)
        return span


@dataclass(frozen=True, slots=True)
class _Held:
    """What names and attributes of `own` hold, in a function."""

    names: Mapping[str, _Role]
    attributes: Mapping[str, _Role]
    own: str | None

    def role(self, node: ast.AST) -> _Role | None:
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=ast.Name(id=own), attr=attr) if own == self.own:
                return self.attributes.get(attr)
            case ast.Attribute(value=inner, attr=attr):
                role = self.role(inner)
                if role == "modules":
                    return _MODULE + attr
                return None if role is None else _PARTS.get((role, attr))
            case _:
                return None

    def inside(self, function: Function) -> _Held:
        """What they hold in a function, which may hide some and name more."""
        hidden = parameters(function)
        names = {name: role for name, role in self.names.items() if name not in hidden}
        own = None if self.own in hidden else self.own
        return replace(self, names=names, own=own).with_names(function)

    def with_names(self, function: Function) -> _Held:
        """With the local names that are given one of these, and nothing else, ever."""
        bound = Counter(_stored(function))
        held = self
        for target, value in _assignments(function):
            role = held.role(value)
            if role is not None and isinstance(target, ast.Name) and bound[target.id] == 1:
                held = replace(held, names={**held.names, target.id: role})
        return held


def in_function(file: PythonFile, function: Function, context: str) -> Iterator[Use]:
    """What a function asks of the parameter `context`, nested functions included."""
    held = _Held({context: "context"}, {}, None).with_names(function)
    yield from _in_body(file, function, held)


def in_class(class_: Class) -> Iterator[Use]:
    """What a module's class asks of its `mctx`, with what it inherits."""
    ways = [(each, function) for each in class_.order for function in _methods(each.node)]
    attributes: dict[str, _Role | None] = {}
    for each, function in ways:
        held = _start(each, function, {})
        for target, value in _assignments(function):
            if (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Name)
                and target.value.id == held.own
            ):
                role = held.role(value)
                known = attributes.setdefault(target.attr, role)
                attributes[target.attr] = role if known == role else None
    kept = {name: role for name, role in attributes.items() if role is not None}
    for each, function in ways:
        yield from _in_body(each.file, function, _start(each, function, kept))


def parameters(function: Function) -> tuple[str, ...]:
    """The names of all parameters that have one argument each."""
    args = function.args
    return tuple(arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs))


def parameter(function: Function, index: int) -> str | None:
    """The name of a positional parameter."""
    args = (*function.args.posonlyargs, *function.args.args)
    return args[index].arg if index < len(args) else None


def _methods(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a class's body, those in its `if` and `try` included."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            yield part
        elif not isinstance(part, ast.ClassDef | ast.expr):
            yield from _methods(part)


def _start(class_: Class, function: Function, attributes: Mapping[str, _Role]) -> _Held:
    context = parameter(function, 1) if getattr(function, "name", "") == "__init__" else None
    names: Mapping[str, _Role] = {} if context is None else {context: "context"}
    return _Held(names, attributes, parameter(function, 0)).with_names(function)


def _in_body(file: PythonFile, function: Function, held: _Held) -> Iterator[Use]:
    body: Sequence[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else function.body
    for part in body:
        yield from _visit(file, part, held)


def _visit(file: PythonFile, node: ast.AST, held: _Held) -> Iterator[Use]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _rest(file, node.args, held)
            yield from _in_body(file, node, held.inside(node))
        case ast.Attribute(value=inner, attr=attr) if held.role(inner) == "modules":
            yield Use("module", attr, file, node)
        case ast.Attribute(value=inner, attr=attr) if _is_module(role := held.role(inner)):
            yield Use("method", attr, file, node, str(role).removeprefix(_MODULE))
            yield from _visit(file, inner, held)
        case ast.Call(
            func=ast.Name(id="getattr"), args=[inner, ast.Constant(value=str(name)) as text, *rest]
        ) if held.role(inner) == "modules":
            yield Use("module", name, file, text)
            yield from _all(file, rest, held)
        case ast.Call(func=func, args=args, keywords=keywords) if (role := held.role(func)) in (
            "get",
            "publish",
        ):
            assert role is not None  # noqa: S101 - of the two
            yield _named(_BEHIND[role][0], file, node, [*args, *(k.value for k in keywords)])
            yield from _all(file, args[1:], held)
            yield from _all(file, (k.value for k in keywords), held)
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"),
            args=args,
        ):
            # Base classes are looked through themselves.
            yield from _all(file, (arg for arg in args if held.role(arg) != "context"), held)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if _is_module(
            held.role(value)
        ):
            yield from _visit(file, value, held)
        case ast.Assign(targets=targets, value=value) if held.role(value) is not None:
            if not all(held.role(target) == held.role(value) for target in targets):
                yield from _visit(file, value, held)
        case ast.AnnAssign(target=target, value=ast.expr() as value) if held.role(
            value
        ) is not None and held.role(target) == held.role(value):
            pass
        case ast.expr() if (role := held.role(node)) is not None:
            for kind in _BEHIND.get(role, ()):
                yield Use(kind, None, file, node)
        case ast.Attribute(value=inner) if held.role(inner) is not None:
            pass  # `config`, `log` and the like
        case _:
            yield from _rest(file, node, held)


def _is_module(role: _Role | None) -> bool:
    return role is not None and role.startswith(_MODULE)


def _named(kind: Kind, file: PythonFile, call: ast.Call, args: Sequence[ast.expr]) -> Use:
    match args:
        case [ast.Constant(value=str(name)) as text, *_]:
            return Use(kind, name, file, text)
        case _:
            return Use(kind, None, file, call)


def _all(file: PythonFile, nodes: Iterable[ast.AST], held: _Held) -> Iterator[Use]:
    for node in nodes:
        yield from _visit(file, node, held)


def _rest(file: PythonFile, node: ast.AST, held: _Held) -> Iterator[Use]:
    yield from _all(file, ast.iter_child_nodes(node), held)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function's body in order, without those of functions inside it."""
    body = node.body if isinstance(node, _FUNCTIONS) else ast.iter_child_nodes(node)
    for child in [body] if isinstance(body, ast.expr) else body:
        yield child
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            yield from _own_nodes(child)


def _assignments(function: Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in _own_nodes(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield target, value
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case _:
                pass


def _stored(function: Function) -> Iterator[str]:
    yield from parameters(function)
    for node in _own_nodes(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
