"""What is judged once all types are read: cycles, types without a value, defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.rules import types as rules
from gatid_dsl.diagnostic import Label
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatid_compiler.passes.report import Report
    from gatid_dsl import syntax


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A place to judge: a type that may hold no value, or a default that may be outside it."""

    span: Span
    type: model.GType
    default: model.Default | None = None


def cyclic(
    names: Mapping[str, syntax.TypeDef | None],
    defs: Mapping[str, model.GType],
    report: Report,
) -> Sequence[str]:
    """The names among `names` that lead back to themselves without structure in between."""
    found: list[str] = []
    for name, node in names.items():
        cycle = _cycle(name, defs)
        if not cycle:
            continue
        found.append(name)
        if node is None or any(other in found for other in cycle[1:]):
            continue
        others = [names.get(other) for other in cycle[1:]]
        report.add(
            rules.TYPE_CYCLE.at(
                node.name.span,
                f"`{name}` is declared as itself",
                help="put an object, an array or a tuple in between, or name another type",
                notes=(f"{' is '.join(f'`{n}`' for n in (*cycle, name))}",) if others else (),
                labels=tuple(Label(other.name.span, "by way of this") for other in others if other),
            )
        )
    return found


def judge(
    names: Mapping[str, syntax.TypeDef | None],
    suspicions: Sequence[Suspicion],
    defs: Mapping[str, model.GType],
    report: Report,
) -> None:
    """Report types that hold no value, the causes only, and defaults outside their types."""
    scratch = dict(defs)
    empty: list[Span] = []
    for suspicion in suspicions:
        if suspicion.default is None:
            if not _inhabited(suspicion.type, scratch):
                empty.append(suspicion.span)
                report.add(
                    rules.UNINHABITED_TYPE.at(
                        suspicion.span,
                        f"no value is of the type `{suspicion.span.text}`",
                        help="its parts ask for things that exclude one another: "
                        "loosen one of them",
                    )
                )
        elif not _member(fresh(suspicion.default.value), suspicion.type, defs):
            from gatid_compiler.gtypes.text import show

            report.add(
                rules.DEFAULT_OUTSIDE_TYPE.at(
                    suspicion.span,
                    f"the default `{suspicion.span.text}` is no value of `{show(suspicion.type)}`",
                    help="take a default inside the type, or widen the type",
                )
            )
    for name in _dependencies_first(names, defs):
        if _inhabited(model.Ref(name), scratch):
            continue
        scratch[name] = model.Any()
        node = names[name]
        # What is empty because of a part that has been reported is no fault of its own.
        if node is None or any(_within(span, node.span) for span in empty):
            continue
        report.add(
            rules.UNINHABITED_TYPE.at(
                node.name.span,
                f"no value is of the type `{name}`",
                help="a recursive type needs a way to end: an optional field, a branch such as "
                "`| null`, or an array that may be empty"
                if _recursive(name, defs)
                else "its parts ask for things that exclude one another: loosen one of them",
            )
        )


def _within(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end


def _inhabited(type_: model.GType, defs: Mapping[str, model.GType]) -> bool:
    from gatid_compiler.gtypes.emptiness import inhabited

    return inhabited(model.Schema(type_, defs))


def _member(value: model.JsonScalar, type_: model.GType, defs: Mapping[str, model.GType]) -> bool:
    from gatid_compiler.gtypes.values import member

    return member(value, model.Schema(type_, defs))


def _cycle(start: str, defs: Mapping[str, model.GType]) -> tuple[str, ...]:
    """The names on the way from `start` back to it through no structure; empty if none."""
    todo: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while todo:
        way = todo.pop()
        for name in _bare(defs.get(way[-1], model.Any())):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                todo.append((*way, name))
    return ()


def _bare(type_: model.GType) -> Iterator[str]:
    """The names that a type is made of without structure."""
    match type_:
        case model.Ref(name=name):
            yield name
        case model.Union(branches=parts) | model.Intersection(parts=parts):
            for part in parts:
                yield from _bare(part)
        case _:
            return


def references(type_: model.GType) -> Iterator[str]:
    """All names that a type mentions, in the order of writing."""
    match type_:
        case model.Ref(name=name):
            yield name
        case model.Union(branches=parts) | model.Intersection(parts=parts):
            for part in parts:
                yield from references(part)
        case model.Tuple(items=parts):
            for part in parts:
                yield from references(part)
        case model.Array(item=item):
            yield from references(item)
        case model.Object(fields=fields, rest=rest):
            for field in fields:
                yield from references(field.type)
            if rest is not None:
                yield from references(rest)
        case _:
            return


def _dependencies_first(
    names: Mapping[str, object], defs: Mapping[str, model.GType]
) -> Sequence[str]:
    order: list[str] = []
    seen: set[str] = set()
    for root in names:
        stack = [(root, False)]
        while stack:
            name, done = stack.pop()
            if done:
                order.append(name)
            elif name not in seen and name in names:
                seen.add(name)
                stack.append((name, True))
                stack.extend((other, False) for other in references(defs[name]))
    return order


def _recursive(name: str, defs: Mapping[str, model.GType]) -> bool:
    todo, seen = [name], set[str]()
    while todo:
        for other in references(defs.get(todo.pop(), model.Any())):
            if other == name:
                return True
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return False
