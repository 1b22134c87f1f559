"""Named types that are written out where they are used, so that their name is lost there.

An intersection of anything but objects is one type, and so are the headers of all answers with
those of one status: a change of the named type would not reach these places. It is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_dsl import syntax

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from gatid_dsl.source import Span


def written_out(
    declared: Mapping[str, syntax.TypeDef],
    routes: Sequence[syntax.Route],
    kept: Sequence[syntax.Route],
) -> Mapping[str, Span]:
    """The names of such types, and a place where each is written out; `kept` are the routes of
    kept handlers, of whose answers all headers are.
    """
    found: dict[str, Span] = {}
    arguments: list[syntax.TypeExpr] = []
    spread = False
    for expr, params in _expressions(declared, (*routes, *kept)):
        for inner in _inside(expr):
            if isinstance(inner, syntax.TypeName):
                arguments.extend(inner.args)
            if isinstance(inner, syntax.TypeIntersection) and not _objects(inner, declared, params):
                for name in _outermost(inner, declared):
                    found.setdefault(name, inner.span)
                    spread = spread or name in params
    if spread:
        # A parameter in an intersection stands for any of the arguments.
        for argument in arguments:
            if _objects(argument, declared, frozenset()):
                continue
            for name in _outermost(argument, declared):
                found.setdefault(name, argument.span)
    for route in (*routes, *kept):
        headed = [s for s in route.body if isinstance(s, syntax.Answers)]
        joined = len(headed) > 1 and any(s.status is None for s in headed)
        for statement in headed if joined or route in kept else ():
            for name in _outermost(statement.type, declared):
                found.setdefault(name, statement.type.span)
    return found


def _expressions(
    declared: Mapping[str, syntax.TypeDef], routes: Iterable[syntax.Route]
) -> Iterator[tuple[syntax.TypeExpr, frozenset[str]]]:
    for node in declared.values():
        yield node.type, frozenset(param.text for param in node.params)
    for route in routes:
        for statement in route.body:
            if isinstance(statement, syntax.Typed | syntax.Answers):
                yield statement.type, frozenset()
            elif isinstance(statement, syntax.Returns):
                for answer in statement.answers:
                    if answer.type is not None:
                        yield answer.type, frozenset()


def _inside(expr: syntax.TypeExpr) -> Iterator[syntax.TypeExpr]:
    """The expression and all that it is made of."""
    yield expr
    for part in _parts(expr):
        yield from _inside(part)


def _parts(expr: syntax.TypeExpr) -> Iterable[syntax.TypeExpr]:
    match expr:
        case syntax.TypeName(args=parts) | syntax.TypeTuple(items=parts):
            return parts
        case syntax.TypeUnion(branches=parts) | syntax.TypeIntersection(parts=parts):
            return parts
        case syntax.TypeArray(item=item):
            return (item,)
        case syntax.TypeObject(fields=fields, rest=rest):
            last = (rest.type,) if rest is not None and rest.type is not None else ()
            return (*(field.type for field in fields), *last)
        case _:
            return ()


def _objects(
    expr: syntax.TypeExpr,
    declared: Mapping[str, syntax.TypeDef],
    params: Collection[str],
    seen: frozenset[str] = frozenset(),
) -> bool:
    """Whether the type is an object, as far as it does not depend on parameters."""
    match expr:
        case syntax.TypeObject():
            return True
        case syntax.TypeName(name=name) if name.text in params:
            return True
        case syntax.TypeName(name=name) if name.text in declared and name.text not in seen:
            node = declared[name.text]
            inner = {param.text for param in node.params}
            return _objects(node.type, declared, inner, seen | {name.text})
        case syntax.TypeIntersection(parts=parts):
            return all(_objects(part, declared, params, seen) for part in parts)
        case _:
            return False


def _outermost(expr: syntax.TypeExpr, declared: Mapping[str, syntax.TypeDef]) -> set[str]:
    """The names that the outermost level of the type is made of."""
    found: set[str] = set()
    waiting = [expr]
    while waiting:
        match waiting.pop():
            case syntax.TypeName(name=name) if name.text not in found:
                found.add(name.text)
                if name.text in declared:
                    waiting.append(declared[name.text].type)
            case syntax.TypeUnion(branches=parts) | syntax.TypeIntersection(parts=parts):
                waiting.extend(parts)
            case _:
                pass
    return found
