"""Operations on the fields of one object, read backwards: from the object after to before.

Each function takes the object after the operation and gives the object before it, and the
step between them; what does not fit is a `MisuseError` at the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import Default, Definitions, Field, GType, Object
from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.lenses.agreement import agree, example, fitting, same_presence
from gatid_compiler.timescape.lenses.fillings import constant, names
from gatid_compiler.timescape.lenses.finite import kinded, mixed, tables
from gatid_compiler.timescape.lenses.keys import plain
from gatid_compiler.timescape.lenses.misuse import (
    MisuseError,
    fields_of,
    one_line,
    shown,
    with_type,
)
from gatid_compiler.timescape.lenses.model import (
    Add,
    Constant,
    Doubt,
    Doubts,
    Drop,
    Hoist,
    Map,
    Nest,
    Relax,
    Rename,
    Require,
    Step,
)
from gatid_compiler.timescape.reshape import aliases, resolved
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Diagnostic
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.model import JsonScalar


@dataclass(frozen=True, slots=True)
class Loss:
    """What of a field cannot make the round trip through the operation at `span`."""

    span: Span
    name: str
    forward: bool
    what: str


LEFT_OUT = "left out for clients before"


@dataclass(slots=True)
class Wishes:
    """What operations take for granted of how their type is used, to be judged later."""

    never_received: list[Diagnostic] = field(default_factory=list)
    never_answered: list[Diagnostic] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    unfinished: list[Span] = field(default_factory=list)

    def loses(self, span: Span, name: str, what: str, *, forward: bool) -> None:
        """Notes what of a field cannot make the round trip: in requests of old clients
        (`forward`), or in answers to them.
        """
        self.losses.append(Loss(span, name, forward, what))


@dataclass(frozen=True, slots=True)
class Place:
    """An object in its definitions, and what diagnostics call it."""

    obj: Object
    name: str
    defs: Definitions
    wishes: Wishes
    read: Callable[[syntax.TypeExpr], GType]
    owners: frozenset[str] = frozenset()

    def present(self, name: str, span: Span) -> Field:
        """The field of that name, which the operation says is there after it."""
        found = self.obj.field(name)
        if found is None:
            raise MisuseError(
                codes.FIELD_ABSENT.at(
                    span,
                    f"{self.name} has no field `{name}` after this operation",
                    help=fields_of(self.obj, name),
                    notes=(f"it is {shown(self.obj)} there",),
                )
            )
        return found

    def doubtful(self, span: Span, *, forward: str | None, backward: str | None) -> Doubts:
        """Directions that typing alone does not prove, each with the reason why."""
        return Doubts(
            None if forward is None else Doubt(span, forward),
            None if backward is None else Doubt(span, backward),
        )

    def swap(self, gone: Sequence[str], come: Sequence[Field], span: Span) -> Object:
        """The object without some fields and with others, whose names must be free."""
        kept = [f for f in self.obj.fields if f.name not in gone]
        for new in come:
            if any(f.name == new.name for f in kept):
                raise MisuseError(
                    codes.FIELD_EXISTS.at(
                        span,
                        f"{self.name} still has a field `{new.name}` after this operation",
                        help=f"the operation takes `{new.name}` away: take it out of the type, or "
                        "let an operation after this one bring it",
                        notes=(f"it is {shown(self.obj)} there",),
                    )
                )
        return normal.object_((*kept, *come), self.obj.rest)


Undone = tuple[Object, Step]


def rename(op: syntax.Rename | syntax.Move, place: Place) -> Undone:
    """`rename a -> b`: what is `b` now was `a`."""
    source, target = op.source.parts[-1], op.target.parts[-1]
    now = place.present(target, op.target.span)
    return place.swap([target], [replace(now, name=source)], op.span), Rename(source, target)


def add(op: syntax.Add, place: Place) -> Undone:
    """`add b`: there was no `b`."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    same_presence(now.required, op.optional, op.target.span, name)
    written = place.read(op.type)
    if not agree(written, now.type, place.defs):
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                op.type.span,
                f"`{name}` is {shown(now.type)} after this operation, not {shown(written)}",
                help=with_type(op, op.type.span, now.type),
            )
        )
    fill = None
    if op.value is not None:
        fill = fitting(op.value, now.type, place.defs)
    elif now.default is not None:
        fill = constant(now.default.value, now.type, place.defs)
    elif now.required:
        place.wishes.never_received.append(
            codes.ADD_WITHOUT_VALUE.at(
                op.span,
                f"what older clients send has no `{name}`, and nothing says what fills it",
                help="write what it is for them: "
                f"`{op.span.text} = {example(now.type, place.defs)}`",
            )
        )
    place.wishes.loses(op.span, name, LEFT_OUT, forward=False)
    return place.swap([name], [], op.span), Add(name, now.required, fill)


def drop(op: syntax.Drop, place: Place) -> Undone:
    """`drop a`: there was an `a` of the type written."""
    name = op.target.parts[-1]
    was = place.read(op.type)
    restore = None
    if op.value is not None:
        restore = _restoring(fitting(op.value, was, place.defs), op.value, place)
    elif not op.optional:
        place.wishes.never_answered.append(
            codes.DROP_WITHOUT_VALUE.at(
                op.span,
                f"older clients expect `{name}` in answers, and nothing says what they get",
                help=f"write what it is for them: `{op.span.text} = {example(was, place.defs)}`",
            )
        )
    before = place.swap([], [Field(name, was, required=not op.optional)], op.target.span)
    place.wishes.loses(op.span, name, "what clients before send is left out", forward=True)
    return before, Drop(name, not op.optional, restore)


def _restoring(fill: Constant, node: syntax.Value, place: Place) -> Constant:
    """What fills a field for clients before, whose own type the block is still to lead to."""
    for key in set(map(plain, names(fill.value))) & place.owners:
        raise MisuseError(
            NOT_SUPPORTED_YET.at(
                node.span,
                f"a literal that holds a `{key}` as it was before this change is not supported yet",
                help="write one without it, such as `[]`",
            )
        )
    return fill


def require(op: syntax.Require, place: Place) -> Undone:
    """`require a = lit`: `a` was optional."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    if not now.required:
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                op.span,
                f"`{name}` is optional after this operation",
                help=f"if it was required before, write `relax {op.target} = …`, "
                "else take `require` away",
            )
        )
    fill = fitting(op.value, now.type, place.defs)
    place.wishes.loses(
        op.span, name, f"absent becomes {one_line(op.value.span.text)}", forward=True
    )
    return place.swap([name], [replace(now, required=False)], op.span), Require(name, fill)


def relax(op: syntax.Relax, place: Place) -> Undone:
    """`relax a = lit`: `a` was required."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    if now.required:
        raise MisuseError(
            codes.TYPE_DISAGREES.at(
                op.span,
                f"`{name}` is required after this operation",
                help=f"if it was optional before, write `require {op.target} = …`, "
                "else take `relax` away",
            )
        )
    fill = _restoring(fitting(op.value, now.type, place.defs), op.value, place)
    filled = f"absent becomes {one_line(op.value.span.text)} for clients before"
    place.wishes.loses(op.span, name, filled, forward=False)
    before = replace(now, required=True, default=None)
    return place.swap([name], [before], op.span), Relax(name, fill)


def map_(op: syntax.Map, place: Place) -> Undone:
    """`map a { … }`: the values of `a` were the left sides, and those that stay."""
    name = op.target.parts[-1]
    now = place.present(name, op.target.span)
    type_, up, down = tables(op, now.type, place.defs)
    default, fill = None, None
    if now.default is not None:
        known = cast("JsonScalar", now.default.value)  # of a type whose values are counted
        value = down.at(known)
        if kinded(up.at(value)) == kinded(known):
            default = Default(value)
        else:
            fill = constant(now.default.value, now.type, place.defs)
    for forward, met in mixed(op):
        place.wishes.loses(op.span, name, met, forward=forward)
    before = replace(now, type=type_, default=default)
    return place.swap([name], [before], op.span), Map(name, up, down, fill)


def nest(op: syntax.Nest, place: Place) -> Undone:
    """`nest a, b -> o`: the fields of the object `o` stood beside it."""
    target = op.target.parts[-1]
    names = [path.parts[-1] for path in op.sources]
    now = place.present(target, op.target.span)
    inner = resolved(now.type, place.defs)
    if (
        not isinstance(inner, Object)
        or inner.rest is not None
        or {f.name for f in inner.fields} != set(names)
        or len(set(names)) != len(names)
    ):
        listed = ", ".join(f"`{name}`" for name in names)
        raise MisuseError(
            codes.NEST_SHAPE.at(
                op.span,
                f"`{target}` is {shown(now.type)} after this operation, not a closed object of "
                f"exactly {listed}",
                help="name all its fields as they are inside, and rename them in an operation "
                "after this",
                notes=() if inner == now.type else (f"that is {shown(inner)}",),
            )
        )
    if now.required != any(f.required for f in inner.fields):
        is_, because = (
            ("required", "none of its fields is")
            if now.required
            else ("optional", "one of its fields is required")
        )
        raise MisuseError(
            codes.NEST_SHAPE.at(
                op.span,
                f"`{target}` is {is_} after this operation, but {because}",
                help="an object made by `nest` is required if one of its fields is",
            )
        )
    made = aliases(now.type, place.defs)
    return place.swap([target], inner.fields, op.span), Nest(tuple(names), target, made)


def hoist(op: syntax.Hoist, place: Place) -> Undone:
    """`hoist o -> a, b`: `a` and `b` stood in an object `o`."""
    source = op.source.parts[-1]
    names = [path.parts[-1] for path in op.targets]
    if len(set(names)) != len(names):
        raise MisuseError(
            codes.NEST_SHAPE.at(op.span, "a field is named twice", help="name each field once")
        )
    parts = [place.present(name, path.span) for name, path in zip(names, op.targets, strict=True)]
    was = Field(source, normal.object_(parts), required=any(f.required for f in parts))
    return place.swap(names, [was], op.span), Hoist(source, tuple(names))
