"""Reverse application: from the type after a change to the type before it.

`Undo` holds the definitions after a block of operations and takes them back, last operation
first. What it gives besides is the lens between the two, typed: that is what runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from gatid_compiler.gtypes.model import (
    Array,
    GType,
    Literal,
    Null,
    Object,
    Ref,
    Union,
)
from gatid_compiler.rules.project import NOT_SUPPORTED_YET
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.expect import expect
from gatid_compiler.timescape.lenses import (
    conversions,
    expressions,
    fields,
    fillings,
    hatch,
    keys,
    lists,
    texts,
)
from gatid_compiler.timescape.lenses.agreement import constant
from gatid_compiler.timescape.lenses.finite import kinded
from gatid_compiler.timescape.lenses.misuse import MisuseError, shown
from gatid_compiler.timescape.lenses.model import (
    Both,
    Lens,
    Move,
    OnItems,
    OnNamed,
    OnObject,
    OnOwn,
    OnUnion,
    OnValues,
    Require,
    Step,
    Within,
)
from gatid_compiler.timescape.reshape import resolved
from gatid_dsl import syntax

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions, Field
    from gatid_dsl.source import Span

Undone = tuple[GType, Lens]


@dataclass(frozen=True, slots=True)
class Later:
    """A definition `to` of one place, which is `key` but for what `act` takes back. It waits for
    what `key` was before the block: the block stands on `key` itself.
    """

    key: str
    to: str
    act: Callable[[GType, str], Undone]


class Undo:
    """The definitions of one moment, on their way back to the moment before.

    `owners` are the types that the block of operations stands on. A way that leads through one
    of them again is gone `later`, when it is known what they all were. `free` finds a name for
    a definition of one place.
    """

    def __init__(
        self,
        defs: dict[str, GType],
        owners: frozenset[str],
        wishes: fields.Wishes,
        read: Callable[[syntax.TypeExpr], GType],
        free: Callable[[str], str],
    ) -> None:
        self.defs = defs
        self.later: list[Later] = []
        self._owners = owners
        self._changing = owners
        self._wishes = wishes
        self._read = read
        self._free = free
        self._own: set[str] = set()

    def finish(self, later: Later) -> Lens:
        """The definition that had to wait, and the lens that leads from it."""
        self._own = set()
        self._changing = frozenset()  # they are what they were before the block
        self.defs[later.to], lens = later.act(self.defs[later.key], f"`{keys.plain(later.key)}`")
        return lens

    def body(self, t: GType, name: str, ops: tuple[syntax.Operation, ...]) -> Undone:
        """All operations of a block taken back, the last one first."""
        for op in ops if len(ops) > 1 else ():
            if isinstance(op, syntax.Was):
                raise MisuseError(
                    codes.WAS.at(
                        op.span,
                        f"this is all that {name} was, so nothing else can be said beside it",
                        help="write the other operations in a block before or after this one",
                    )
                )
        lenses = []
        for op in reversed(ops):
            t, lens = self._operation(t, name, op)
            lenses.append(lens)
        return t, Both(tuple(reversed(lenses)))

    def _operation(self, t: GType, name: str, op: syntax.Operation) -> Undone:
        match op:
            case syntax.Rename():
                parent = _siblings(op.span, op.source, op.target)
                return self._fields(t, name, parent, op, lambda place: fields.rename(op, place))
            case syntax.Move():
                if op.source.parts[:-1] != op.target.parts[:-1]:
                    return self._move(t, name, op)
                parent = op.source.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: fields.rename(op, place))
            case syntax.Add():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: fields.add(op, place))
            case syntax.Drop():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: fields.drop(op, place))
            case syntax.Require():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: fields.require(op, place))
            case syntax.Relax():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: fields.relax(op, place))
            case syntax.Map():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: fields.map_(op, place))
            case syntax.Nest():
                parent = _siblings(op.span, *op.sources, op.target)
                return self._fields(t, name, parent, op, lambda place: fields.nest(op, place))
            case syntax.Hoist():
                parent = _siblings(op.span, op.source, *op.targets)
                return self._fields(t, name, parent, op, lambda place: fields.hoist(op, place))
            case syntax.Wrap():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: lists.wrap(op, place))
            case syntax.Unwrap():
                parent = op.target.parts[:-1]
                return self._fields(t, name, parent, op, lambda place: lists.unwrap(op, place))
            case syntax.Split():
                parent = _siblings(op.span, op.source, *op.targets)
                return self._fields(t, name, parent, op, lambda place: texts.split(op, place))
            case syntax.Join():
                parent = _siblings(op.span, *op.sources, op.target)
                return self._fields(t, name, parent, op, lambda place: texts.join(op, place))
            case syntax.Compute():
                parent = op.target.parts[:-1]
                return self._fields(
                    t, name, parent, op, lambda place: expressions.compute(op, place)
                )
            case syntax.Convert():
                parent = op.target.parts[:-1]
                return self._fields(
                    t, name, parent, op, lambda place: conversions.convert(op, place)
                )
            case syntax.Each():
                return self._through(
                    t, name, op.target.parts, op.target.span, lambda i, n: self._each(i, n, op)
                )
            case syntax.In() if hatch.is_hatch(op.body):
                parent = op.target.parts[:-1]
                return self._through(t, name, parent, op.span, lambda i, n: self._whole(i, n, op))
            case syntax.In():
                # Of a union, `when` picks a branch: it is not to meet one branch after the other.
                whole = any(isinstance(inner, syntax.When) for inner in op.body)
                return self._through(
                    t, name, op.target.parts, op.target.span, lambda i, n: self._in(i, n, op), whole
                )
            case syntax.When():
                return self._when(t, name, op.target.parts, op)
            case syntax.Status():
                raise MisuseError(
                    codes.CHANGE_PATH.at(
                        op.span, "only a route has a status", help="write it in the route's block"
                    )
                )
            case syntax.Todo():
                self._wishes.unfinished.append(op.span)
                return t, Both(())
            case syntax.Was():
                for forward in (True, False):
                    left_out = "whatever its functions leave out"
                    self._wishes.loses(op.span, "", left_out, forward=forward)
                old = self._read(op.type)
                if (owner := name.strip("`")) in self._owners:
                    hatch.is_other(op, old, owner, self.defs)
                return hatch.was(op, t, old, self.defs)
            case _:
                assert_never(op)

    def _fields(
        self,
        t: GType,
        name: str,
        parent: tuple[str, ...],
        op: syntax.Operation,
        undo: Callable[[fields.Place], fields.Undone],
    ) -> Undone:
        def act(obj: GType, where: str) -> Undone:
            if not isinstance(obj, Object):
                raise _misfit(
                    op.span,
                    f"{where} is {shown(obj)}, which has no fields",
                    help=_leading_in(obj, parent),
                )
            place = fields.Place(obj, where, self.defs, self._wishes, self._read, self._changing)
            before, step = undo(place)
            return before, OnObject((step,))

        return self._through(t, name, parent, op.span, act)

    # -- ways ------------------------------------------------------------------------------

    def _through(
        self,
        t: GType,
        name: str,
        way: tuple[str, ...],
        span: Span,
        act: Callable[[GType, str], Undone],
        whole: bool = False,
    ) -> Undone:
        """Goes along the way, through names and into every branch of a union, and acts there; on
        the `whole` of a union that the way ends at.
        """
        match t:
            case Ref():
                return self._named(t.name, lambda i, n: self._through(i, n, way, span, act, whole))
            case Union() if way or not whole:
                return self._branches(
                    t,
                    name,
                    span,
                    lambda branch, where: self._through(branch, where, way, span, act, whole),
                )
            case Object() if way:
                here = fields.Place(t, name, self.defs, self._wishes, self._read, self._changing)
                found = here.present(way[0], span)
                where = f"`{way[0]}`"
                before, lens = self._through(found.type, where, way[1:], span, act, whole)
                obj = here.swap([way[0]], [replace(found, type=before)], span)
                return obj, OnObject((Within(way[0], lens),))
            case Array() if way:
                raise _misfit(
                    span,
                    f"{name} is {shown(t)}: a path does not lead into its items",
                    help="write `each … { … }`",
                )
            case _ if way:
                raise _misfit(span, f"{name} is {shown(t)}, which has no field `{way[0]}`")
            case _:
                return act(t, name)

    def _named(self, key: str, act: Callable[[GType, str], Undone]) -> Undone:
        """What happens to a named type in this place only."""
        if keys.plain(key) in self._owners:
            to = self._free(key)
            self.defs[to] = self.defs[key]
            self.later.append(Later(key, to, act))
            return Ref(to), OnOwn(to, key)
        before, lens = act(self.defs[key], f"`{keys.plain(key)}`")
        to = key
        if key not in self._own:
            to = self._free(key)
            self._own.add(to)
        self.defs[to] = before
        return Ref(to), OnNamed(to, key, lens)

    def _branches(
        self, t: Union, name: str, span: Span, act: Callable[[GType, str], Undone]
    ) -> Undone:
        """What happens to every branch of a union but null."""
        before: list[GType] = []
        lenses: list[Lens | None] = []
        for branch in t.branches:
            if isinstance(branch, Null):
                before.append(branch)
                lenses.append(None)
                continue
            if not isinstance(resolved(branch, self.defs), Object | Array | Union):
                raise _misfit(
                    span,
                    f"{name} may be {shown(branch)}, which has no fields",
                    help=_into_one(t, self.defs),
                )
            try:
                was, lens = act(branch, name)
            except MisuseError as misuse:
                raise misuse.told(
                    f"an operation on {name} acts on every branch; `when` picks one",
                    more=len(t.branches) - len(lenses) > 1 or any(lenses),
                ) from None
            before.append(was)
            lenses.append(lens)
        return Union(tuple(before)), OnUnion(tuple(lenses))

    # -- blocks ----------------------------------------------------------------------------

    def _each(self, t: GType, name: str, op: syntax.Each) -> Undone:
        match t:
            case Array():
                before, lens = self.body(t.item, f"an item of {name}", op.body)
                return replace(t, item=before), OnItems(lens)
            case Object(fields=(), rest=rest) if rest is not None:
                before, lens = self.body(rest, f"a value of {name}", op.body)
                return replace(t, rest=before), OnValues(lens)
            case _:
                raise _misfit(
                    op.target.span,
                    f"{name} is {shown(t)}, neither an array nor a map",
                    help="`in` leads into an object"
                    if op.target.parts
                    else "an `each` without a path leads into the items of what its block is "
                    "about: leave it away",
                )

    def _in(self, t: GType, name: str, op: syntax.In) -> Undone:
        if not isinstance(t, Object | Union):
            raise _misfit(
                op.target.span,
                f"{name} is {shown(t)}, not an object",
                help="`each` leads into the items of an array"
                if isinstance(t, Array)
                else "`in` leads into an object: name the field in the operation itself",
            )
        return self.body(t, name, op.body)

    def _whole(self, t: GType, name: str, op: syntax.In) -> Undone:
        """A field states what the whole of it was."""
        if not isinstance(t, Object):
            raise _misfit(op.span, f"{name} is {shown(t)}, which has no fields")
        place = fields.Place(t, name, self.defs, self._wishes, self._read, self._changing)
        field = op.target.parts[-1]
        now = place.present(field, op.target.span)
        before, lens = self.body(now.type, f"`{field}`", op.body)
        was = replace(now, type=before, default=None)
        steps: list[Step] = [Within(field, lens)]
        if now.default is not None:
            steps.append(Require(field, fillings.constant(now.default.value, now.type, self.defs)))
        return place.swap([field], [was], op.span), OnObject(tuple(steps))

    def _when(self, t: GType, name: str, way: tuple[str, ...], op: syntax.When) -> Undone:
        """The way to the union, and the branches in it whose literal field has the value."""
        match t:
            case Ref():
                return self._named(t.name, lambda i, n: self._when(i, n, way, op))
            case Object() if len(way) > 1:
                here = fields.Place(t, name, self.defs, self._wishes, self._read, self._changing)
                found = here.present(way[0], op.target.span)
                before, lens = self._when(found.type, f"`{way[0]}`", way[1:], op)
                obj = here.swap([way[0]], [replace(found, type=before)], op.span)
                return obj, OnObject((Within(way[0], lens),))
            case Union():
                return self._chosen(t, name, way, op)
            case _:
                raise _misfit(
                    op.target.span,
                    f"{name} is {shown(t)}, not a union",
                    help="`when` is for one branch of a union; without a union leave it away",
                )

    def _chosen(self, t: Union, name: str, way: tuple[str, ...], op: syntax.When) -> Undone:
        before: list[GType] = []
        lenses: list[Lens | None] = []
        for branch in t.branches:
            inner = resolved(branch, self.defs)
            if isinstance(inner, Union) or (len(way) > 1 and not isinstance(inner, Null)):
                was, lens = self._when(branch, name, way, op)
            elif self._tagged(inner, op):
                was, lens = self._through(
                    branch, name, (), op.span, lambda i, n: self._in_branch(i, n, op)
                )
            else:
                before.append(branch)
                lenses.append(None)
                continue
            before.append(was)
            lenses.append(lens)
        if not any(lenses):
            raise _misfit(
                op.target.span,
                f"no branch of {name} has `{op.target}` as the literal `{op.value.span.text}`",
                help=f"it is {shown(t)}",
            )
        return Union(tuple(before)), OnUnion(tuple(lenses))

    def _tag(self, inner: GType, op: syntax.When) -> Field | None:
        return inner.field(op.target.parts[-1]) if isinstance(inner, Object) else None

    def _tagged(self, inner: GType, op: syntax.When) -> bool:
        found = self._tag(inner, op)
        if found is None or not found.required:
            return False
        literal = resolved(found.type, self.defs)
        return isinstance(literal, Literal) and kinded(literal.value) == kinded(constant(op.value))

    def _in_branch(self, t: GType, name: str, op: syntax.When) -> Undone:
        before, lens = self.body(t, name, op.body)
        if not self._tagged(before, op):
            raise _misfit(
                op.target.span,
                f"`{op.target}` is what `when` tests, so it cannot change inside it",
                help="change it in an operation before or after this block",
            )
        return before, lens

    # -- from one place to another ---------------------------------------------------------

    def _move(self, t: GType, name: str, op: syntax.Move) -> Undone:
        """From one object to another, both inside the deepest one that both ways lead through."""
        common = _common(op.source.parts[:-1], op.target.parts[:-1])
        source, target = op.source.parts[len(common) :], op.target.parts[len(common) :]
        return self._through(
            t, name, common, op.span, lambda i, n: self._moved(i, n, source, target, op)
        )

    def _moved(
        self, t: GType, name: str, source: tuple[str, ...], target: tuple[str, ...], op: syntax.Move
    ) -> Undone:
        taken: list[Field] = []
        named: dict[tuple[str, ...], tuple[str, str]] = {}
        gaps: list[str] = []

        def take(place: fields.Place) -> Object:
            taken.append(place.present(target[-1], op.target.span))
            return place.swap([target[-1]], [], op.span)

        def put(place: fields.Place) -> Object:
            return place.swap([], [replace(taken[0], name=source[-1])], op.source.span)

        t = self._along(t, name, (), target[:-1], op, named, gaps, take)
        t = self._along(t, name, (), source[:-1], op, named, gaps, put)
        fill = None
        if gaps:
            self._bridged(taken[0], gaps, op)
            default = taken[0].default
            fill = (
                None
                if default is None
                else fillings.constant(default.value, taken[0].type, self.defs)
            )
        return t, OnObject((Move(source, target, tuple(sorted(named.items())), fill),))

    def _bridged(self, moved: Field, gaps: list[str], op: syntax.Move) -> None:
        """What goes through objects that may not be there may not be there itself."""
        if moved.required:
            raise _misfit(
                op.span,
                f"`{gaps[0]}` may be absent or null, and `{op.target}` is required after this "
                "operation",
                help=f"let it be optional there (`{moved.name}?`), and `require` it in an "
                "operation after this",
            )
        self._wishes.loses(
            op.span, str(op.target), f"left out where `{gaps[0]}` is not there", forward=False
        )

    def _along(
        self,
        t: GType,
        name: str,
        gone: tuple[str, ...],
        way: tuple[str, ...],
        op: syntax.Move,
        named: dict[tuple[str, ...], tuple[str, str]],
        gaps: list[str],
        act: Callable[[fields.Place], Object],
    ) -> GType:
        """Goes along a way of objects, noting the named types on it, and which may be missing."""
        if isinstance(t, Ref) and gone:
            key = t.name
            if keys.plain(key) in self._owners:
                raise _through_itself(op, key)
            before, _ = self._named(
                key,
                lambda i, n: (self._along(i, n, gone, way, op, named, gaps, act), Both(())),
            )
            named[gone] = (expect(Ref, before).name, named.get(gone, (key, key))[1])
            return before
        if isinstance(t, Union) and gone:
            others = [branch for branch in t.branches if not isinstance(branch, Null)]
            if len(others) == 1:
                gaps.append(gone[-1])
                inner = self._along(others[0], name, gone, way, op, named, gaps, act)
                return Union(tuple(b if isinstance(b, Null) else inner for b in t.branches))
        if not isinstance(t, Object):
            raise _misfit(
                op.span,
                f"{name} is {shown(t)}, and `move` leads through objects only",
                help="inside `each … { … }` or `when … { … }` a path leads from the item or branch",
            )
        place = fields.Place(t, name, self.defs, self._wishes, self._read, self._changing)
        if not way:
            return act(place)
        found = place.present(way[0], op.span)
        if not found.required:
            gaps.append(way[0])
        inner = self._along(
            found.type, f"`{way[0]}`", (*gone, way[0]), way[1:], op, named, gaps, act
        )
        return place.swap([way[0]], [replace(found, type=inner)], op.span)


def _into_one(t: Union, defs: Definitions) -> str:
    """How to go on at a union of which a branch has no fields."""
    objects = [b for b in t.branches if isinstance(resolved(b, defs), Object)]
    if len(objects) == 1 and any(
        f.required and isinstance(resolved(f.type, defs), Literal)
        for f in expect(Object, resolved(objects[0], defs)).fields
    ):
        return "`when` picks the branch that is an object, by its literal field"
    return (
        "an operation on a union must fit every branch, and `when` picks one by a literal field; "
        "without one `in … { was … via up, down }` states what the whole of it was"
    )


def _common(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """The steps that two ways begin with."""
    count = 0
    while count < min(len(first), len(second)) and first[count] == second[count]:
        count += 1
    return first[:count]


def _leading_in(t: GType, parent: tuple[str, ...]) -> str | None:
    """What leads into the items of an array."""
    if not isinstance(t, Array):
        return None
    opening = " ".join(filter(None, ("each", ".".join(parent))))
    return f"`{opening} {{ … }}` leads into its items"


def _siblings(span: Span, first: syntax.FieldPath, *others: syntax.FieldPath) -> tuple[str, ...]:
    parent = first.parts[:-1]
    for other in others:
        if other.parts[:-1] != parent:
            raise MisuseError(
                codes.CHANGE_PATH.at(
                    span,
                    f"`{first}` and `{other}` do not stand in one object",
                    help="write all of both paths; `move` brings a field to another place",
                )
            )
    return parent


def _through_itself(op: syntax.Move, key: str) -> MisuseError:
    name = keys.plain(key)
    return MisuseError(
        NOT_SUPPORTED_YET.at(
            op.span,
            f"a `move` in `{name}` that leads through `{name}` again is not supported yet",
            help="`in` and `each` lead through it: `drop` the field there and `add` it here",
        )
    )


def _misfit(span: Span, message: str, help: str | None = None) -> MisuseError:
    return MisuseError(codes.NOT_AN_OBJECT.at(span, message, help=help))
