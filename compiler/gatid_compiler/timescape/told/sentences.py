"""Operations as sentences, in the direction in which time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from gatid_compiler.timescape.lock.canonical import one_line
from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def sentences(operation: syntax.Operation) -> Iterator[str]:
    """What an operation says; one that holds others says what they say, and where."""
    match operation:
        case syntax.Each(target, body):
            yield from _inside(f"in each of `{target}`" if target.parts else "in each", body)
        case syntax.In(target, body):
            yield from _inside(f"in `{target}`", body)
        case syntax.When(target, value, body):
            yield from _inside(f"where `{target}` is `{value.span.text}`", body)
        case _:
            yield _sentence(operation)


def _inside(where: str, body: Sequence[syntax.Operation]) -> Iterator[str]:
    for operation in body:
        for sentence in sentences(operation):
            yield f"{where}, {sentence}"


def _sentence(op: syntax.Operation) -> str:
    match op:
        case syntax.Rename() | syntax.Move():
            near = op.source.parts[:-1] == op.target.parts[:-1]
            return f"`{op.source}` {'is called' if near else 'moves to'} `{op.target}`"
        case syntax.Add():
            filled = f", and {_value(op.value)} for those who do not know it" if op.value else ""
            return f"`{op.target}` is new{filled}"
        case syntax.Drop():
            filled = f"; those who expect it get {_value(op.value)}" if op.value else ""
            return f"`{op.target}` is gone{filled}"
        case syntax.Require():
            return f"`{op.target}` has to be there, and is {_value(op.value)} where it was not"
        case syntax.Relax():
            return f"`{op.target}` may be absent; those who expect it get {_value(op.value)}"
        case syntax.Map():
            return f"the values of `{op.target}` are others: {'; '.join(map(_arrow, op.arrows))}"
        case syntax.Nest():
            return f"{_names(op.sources)} {_stand(op.sources)} in `{op.target}`"
        case syntax.Hoist():
            stand = _stand(op.targets)
            return f"{_names(op.targets)} {stand} outside of `{op.source}`, which is gone"
        case syntax.Split():
            return f"`{op.source}` is split at {_value(op.separator)} into {_names(op.targets)}"
        case syntax.Join():
            return f"{_names(op.sources)} are joined by {_value(op.separator)} as `{op.target}`"
        case syntax.Convert():
            return (
                f"`{op.target}` is `{op.new.span.text}` where it was `{op.old.span.text}`, "
                f"by {op.how.text}"
            )
        case syntax.Wrap():
            return f"`{op.target}` is a list, and was its first item"
        case syntax.Unwrap():
            return f"`{op.target}` is the first item of what was a list"
        case syntax.Status():
            return f"status {op.old.value} is {op.new.value}"
        case syntax.Compute():
            return f"`{op.target}` is new, computed as `{' '.join(op.value.span.text.split())}`"
        case syntax.Was() | syntax.Todo():
            return f"`{one_line(op)}`"
        case syntax.Each() | syntax.In() | syntax.When():
            raise TypeError(op)
        case _:
            assert_never(op)


def _arrow(arrow: syntax.Arrow) -> str:
    if arrow.back:
        return f"{_value(arrow.right)} is new, and {_value(arrow.left)} before"
    return f"{_value(arrow.left)} becomes {_value(arrow.right)}"


def _value(value: syntax.Value | None) -> str:
    return "nothing" if value is None else f"`{' '.join(value.span.text.split())}`"


def _names(paths: Sequence[syntax.FieldPath]) -> str:
    *most, last = [f"`{path}`" for path in paths]
    return f"{', '.join(most)} and {last}" if most else last


def _stand(paths: Sequence[syntax.FieldPath]) -> str:
    return "stands" if len(paths) == 1 else "stand"
