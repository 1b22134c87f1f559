"""What the source shows of handlers and hooks: how they run, what they ask for, what they register.

What only running the code tells is named as unknown, never left out in silence.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from gatid_compiler import plan
from gatid_compiler.passes.asking import Kind, in_function, parameter
from gatid_compiler.passes.handlers import CARRIER, MODULE, SUBSCRIBER, resolve
from gatid_compiler.passes.lookup import Callable, lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatid_compiler.passes.asking import Function
    from gatid_compiler.passes.handlers import Reference
    from gatid_compiler.passes.python import PythonFile, PythonProject

_KINDS: tuple[Literal["before", "after", "catch"], ...] = ("before", "after", "catch")

_ALL_UNKNOWN = ("hooks", "modules", "secrets", "topics")


def functions(
    references: Iterable[Reference], project: PythonProject
) -> Mapping[str, plan.Function]:
    """The functions that the configuration names as handlers and hooks, by their references."""
    found: dict[str, plan.Function] = {}
    for reference in references:
        name = str(reference.target)
        if reference.role not in (MODULE, CARRIER, SUBSCRIBER) and name not in found:
            found[name] = _function(reference, project)
    return dict(sorted(found.items()))


def _function(reference: Reference, project: PythonProject) -> plan.Function:
    thing = resolve(reference, project)
    if not isinstance(thing, Callable):
        return plan.Function("unknown", (), (), (), (), _ALL_UNKNOWN)
    count = reference.role.count
    context, local = parameter(thing.node, count - 2), parameter(thing.node, count - 1)
    if context is None or local is None:
        return plan.Function(_mode(thing.node), (), (), (), (), _ALL_UNKNOWN)
    uses = list(in_function(thing.file, thing.node, context))

    def named(kind: Kind) -> tuple[str, ...]:
        return tuple(sorted({u.name for u in uses if u.kind == kind and u.name is not None}))

    hooks = _Hooks(project, thing.file, thing.node, local)
    unknown = {f"{use.kind}s" for use in uses if use.name is None}
    return plan.Function(
        _mode(thing.node),
        named("module"),
        named("secret"),
        named("topic"),
        tuple(hooks.registered()),
        tuple(sorted(unknown | ({"hooks"} if hooks.handed_on() else set()))),
    )


def _mode(node: ast.AST) -> Literal["sync", "async"]:
    return "async" if isinstance(node, ast.AsyncFunctionDef) else "sync"


class _Hooks:
    """The hooks that a function registers through its local context."""

    def __init__(
        self, project: PythonProject, file: PythonFile, node: Function, local: str
    ) -> None:
        self._project = project
        self._file = file
        self._node = node
        self._local = local
        self._inner = {
            inner.name: inner
            for inner in ast.walk(node)
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner is not node
        }

    def registered(self) -> Iterator[plan.LocalHook]:
        """In the order of writing: calls, and decorators of inner functions."""
        for node in ast.walk(self._node):
            if isinstance(node, ast.Call):
                kind = self._kind(node.func)
                if kind is not None:
                    yield self._called(kind, node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    kind = self._kind(decorator)
                    if kind is not None:
                        yield plan.LocalHook(kind, node.name, None, _mode(node), None, 0)

    def handed_on(self) -> bool:
        """Whether the local context itself goes somewhere else, where more may be registered."""
        plain = {
            id(node.value)
            for node in ast.walk(self._node)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        return any(
            isinstance(node, ast.Name)
            and node.id == self._local
            and isinstance(node.ctx, ast.Load)
            and id(node) not in plain
            for node in ast.walk(self._node)
        )

    def _kind(self, node: ast.expr) -> Literal["before", "after", "catch"] | None:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == self._local:
                return next((kind for kind in _KINDS if kind == attr), None)
            case _:
                return None

    def _called(self, kind: Literal["before", "after", "catch"], call: ast.Call) -> plan.LocalHook:
        given = {word.arg: word.value for word in call.keywords}
        what = call.args[0] if call.args else given.get("fn")
        name, mode = self._what(what)
        return plan.LocalHook(
            kind,
            name,
            _text(given.get("id")),
            mode,
            _milliseconds(given.get("timeout")),
            _count(given.get("retries")),
        )

    def _what(self, node: ast.expr | None) -> tuple[str | None, plan.Mode]:
        match node:
            case ast.Lambda():
                return None, "sync"
            case ast.Name(id=name) if name in self._inner:
                return name, _mode(self._inner[name])
            case ast.Name(id=name):
                thing = lookup(self._project, self._file, name)
                return name, _mode(thing.node) if isinstance(thing, Callable) else "unknown"
            case ast.Attribute():
                return ast.unparse(node), "unknown"
            case _:
                return None, "unknown"


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _count(node: ast.expr | None) -> int | None:
    """A number of retries: none are asked for where nothing is written."""
    if node is None:
        return 0
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _milliseconds(node: ast.expr | None) -> int | None:
    match node:
        case ast.Constant(value=int() | float() as seconds):
            return round(seconds * 1000)
        case _:
            return None
