"""Paths of operations on routes: `query.q`, `body.lines`, `response.body.total`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.misuse import MisuseError
from gatid_compiler.timescape.messages import PARTS
from gatid_dsl import syntax
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

STATEMENTS = syntax.Directive | syntax.Typed | syntax.Returns | syntax.Answers | syntax.Config

_Op = TypeVar("_Op", bound=syntax.Operation)


def operations(
    block: syntax.RouteChange,
) -> Iterator[syntax.Operation | syntax.Moved]:
    """What a block says of how things changed, its statements left out."""
    for item in block.body:
        if not isinstance(item, STATEMENTS):
            yield item


def spoken_of(op: syntax.Operation | syntax.Moved) -> Iterator[str]:
    """The parts of a route's messages that the operation is on; headers of answers twice, as
    `response.header` and as a part of the `response`.
    """
    if isinstance(op, syntax.Status):
        yield "response"
    elif not isinstance(op, syntax.Moved):
        ways = outer_paths(op)
        yield from dict.fromkeys(way.parts[0] for way in ways if way.parts)
        if any(way.parts[:2] == ("response", "header") for way in ways):
            yield "response.header"


def outer_paths(op: syntax.Operation) -> list[syntax.FieldPath]:
    """The paths that the operation itself writes; those in its block are inside of them."""
    found: list[syntax.FieldPath] = []
    for field in fields(op):
        value = getattr(op, field.name)
        if isinstance(value, syntax.FieldPath):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(item for item in value if isinstance(item, syntax.FieldPath))
    return found


def _crosses(op: syntax.Operation) -> bool:
    """Whether functions of the project carry something of it."""
    match op:
        case syntax.Each(body=body) | syntax.In(body=body) | syntax.When(body=body):
            return any(map(_crosses, body))
        case _:
            return isinstance(op, syntax.Was)


def with_answer_headers(changes: Iterable[syntax.Change]) -> frozenset[str]:
    """The routes of which changes say something about the headers of answers."""
    return frozenset(
        block.name.text
        for change in changes
        for block in change.body
        if isinstance(block, syntax.RouteChange)
        for op in operations(block)
        if "response.header" in spoken_of(op)
    )


def is_answer_op(op: syntax.Operation) -> bool:
    """Whether the operation is on what the route answers."""
    ways = outer_paths(op)
    if isinstance(op, syntax.Each) and not op.target.parts:
        raise MisuseError(
            codes.CHANGE_PATH.at(
                op.target.span,
                "a route is neither an array nor a map",
                help="say of which part: `each body.items { … }`",
            )
        )
    answers = [way.parts[0] == "response" for way in ways]
    if any(answers) and not all(answers):
        raise MisuseError(
            codes.CHANGE_PATH.at(
                op.span,
                "nothing goes from a request to its answer",
                help="all paths of an operation are in the request, or all in the answer",
            )
        )
    return any(answers)


def answer_ops(op: _Op) -> _Op:
    """The operation with its paths from the answer on: `response.body.a` is `body.a`."""
    for way in outer_paths(op):
        if way.parts[1:2] not in (("body",), ("header",)):
            raise MisuseError(
                codes.CHANGE_PATH.at(
                    way.span,
                    f"an answer has no part `{'.'.join(way.parts[1:2])}`",
                    help=f"write `{replace(way, parts=('response', 'body', *way.parts[1:]))}`",
                )
            )
    ready = _in_headers(
        _rewritten(
            op, lambda way: _deep_enough(op, _lower_header(replace(way, parts=way.parts[1:])))
        )
    )
    parts = {way.parts[0] for way in outer_paths(ready)}
    if len(parts) > 1:
        raise MisuseError(
            NOT_SUPPORTED_YET.at(
                op.span,
                "what goes between the headers of an answer and its body is not supported yet",
                help="`drop` it here and `add` it there",
            )
        )
    if parts == {"header"} and _crosses(ready):
        raise MisuseError(
            NOT_SUPPORTED_YET.at(
                op.span,
                "`was … via` for headers of answers is not supported yet",
                help="`convert`, `map`, `rename`, `add` and `drop` are supported",
            )
        )
    return ready


def _beginning(way: syntax.FieldPath) -> str:
    """How the path may have been meant to begin."""
    close = nearest(way.parts[0], (*PARTS, "response"))
    if close is not None:
        return f"did you mean `{replace(way, parts=(close, *way.parts[1:]))}`?"
    return (
        f"write `body.{way}` for what is received, `response.body.{way}` for what is answered, or "
        "`query`, `path`, `header`, `cookie`"
    )


def request_op(op: _Op) -> _Op:
    """The operation with its paths in the request's words; header names are lower case."""
    if isinstance(op, syntax.Was):
        raise MisuseError(
            codes.WAS.at(
                op.span,
                "a request is no type that could be stated",
                help="say of which part: `in body { was … }`, or `in response.body { was … }`",
            )
        )
    for way in outer_paths(op):
        if way.parts[0] not in PARTS:
            raise MisuseError(
                codes.CHANGE_PATH.at(
                    way.span,
                    f"`{way}` does not begin with a part of the message",
                    help=_beginning(way),
                )
            )
        if way.parts[0] == "path" and not isinstance(op, syntax.Rename | syntax.Map):
            raise MisuseError(
                codes.PATH_PARAMETER.at(
                    way.span,
                    "parameters of a path can be renamed and mapped only",
                    help="another path is another route",
                )
            )
    return _in_headers(_rewritten(op, lambda way: _deep_enough(op, _lower_header(way))))


def _in_headers(op: _Op) -> _Op:
    """The operation, with what it says of the fields beside it in lower case where those are
    headers.
    """
    match op:
        case syntax.In(target=syntax.FieldPath(parts=("header",))):
            return replace(op, body=lower_ops(op.body))
        case syntax.Compute(target=syntax.FieldPath(parts=("header", _))):
            return _lower_op(op)
        case _:
            return op


def lower_ops(ops: Iterable[syntax.Operation]) -> tuple[syntax.Operation, ...]:
    """Operations on headers, with their names in lower case: in another case it is the same
    header.
    """
    return tuple(
        op
        for op in map(_lower_op, ops)
        if not isinstance(op, syntax.Rename) or op.source.parts != op.target.parts
    )


def _lower_op(op: _Op) -> _Op:
    said = {f.name: _lower(getattr(op, f.name)) for f in fields(op) if f.name in _SAID}
    return replace(op, **said)  # type: ignore[arg-type]


_SAID = frozenset(("source", "sources", "target", "targets", "value", "back"))


def _lower(value: object) -> object:
    match value:
        case syntax.FieldPath(parts=parts):
            return replace(value, parts=(parts[0].lower(), *parts[1:]))
        case syntax.FieldRef() | syntax.Binary() | syntax.Apply() | syntax.IfElse():
            return replace(value, **{f.name: _lower(getattr(value, f.name)) for f in fields(value)})  # type: ignore[arg-type]
        case tuple():
            return tuple(map(_lower, value))
        case _:
            return value


def _lower_header(way: syntax.FieldPath) -> syntax.FieldPath:
    if way.parts[0] == "header" and len(way.parts) > 1:
        return replace(way, parts=("header", way.parts[1].lower(), *way.parts[2:]))
    return way


def _deep_enough(op: syntax.Operation, way: syntax.FieldPath) -> syntax.FieldPath:
    if len(way.parts) > 1 or isinstance(op, syntax.Each | syntax.In):
        return way
    if way.parts == ("body",) and isinstance(op, syntax.Add | syntax.Drop):
        raise MisuseError(
            codes.CHANGE_PATH.at(
                way.span,
                "a body as a whole does not come or go: operations change what is in it",
                help="keep the older route under a name of its own, with the handler that it had: "
                "`route NAME removed { route NAME … }`; and say of this one that it was `added`",
            )
        )
    raise MisuseError(
        codes.CHANGE_PATH.at(
            way.span,
            f"`{way}` is a whole part of the message, and this operation is for fields",
            help=f"name a field of it: `{way}.name`",
        )
    )


def _rewritten(op: _Op, by: Callable[[syntax.FieldPath], syntax.FieldPath]) -> _Op:
    changed: dict[str, object] = {}
    for field in fields(op):
        value = getattr(op, field.name)
        if isinstance(value, syntax.FieldPath):
            changed[field.name] = by(value)
        elif (
            isinstance(value, tuple)
            and value
            and all(isinstance(item, syntax.FieldPath) for item in value)
        ):
            changed[field.name] = tuple(by(item) for item in value)
    return replace(op, **changed)  # type: ignore[arg-type]
