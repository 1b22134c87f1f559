"""The obvious interpreter: one operation after the other, on whole values, hop by hop.

It knows nothing of lenses. A block of operations on a type acts on every value of that type
that a walk along the types finds; which branch of a union a value is of, the reference
interpreter of types says.
"""

from __future__ import annotations

import copy
import json
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.lenses.model import OnOwn
from gatid_dsl import syntax
from tests.compiler.timescape.conversions import converted
from tests.compiler.timescape.expressions import evaluated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.derive import Derived

Value = Any
ABSENT = object()


class Hops:
    """Carries messages over the blocks of a history, one at a time."""

    def __init__(self, derived: Derived, changes: Sequence[syntax.Change]) -> None:
        self._history = history = derived.history
        self._origins = derived.origins
        blocks: dict[object, Value] = {}
        for block in (block for change in changes for block in change.body):
            blocks[block.span] = block
            if isinstance(block, syntax.TypeChange):
                # What leads through the type again is a moment of its own.
                for op in block.body:
                    blocks.setdefault(op.span, replace(block, body=(op,)))
        self._blocks = [blocks[block.span] for block in history.blocks]

    def forward(self, key: str, message: Value, start: int, end: int) -> Value:
        value = copy.deepcopy(message)
        for index in range(start, end):
            before, after = self._history.states[index], self._history.states[index + 1]
            value = self._hop(index, key, value, before, Forward(after))
        return value

    def backward(self, key: str, message: Value, start: int, end: int) -> Value:
        value = copy.deepcopy(message)
        for index in reversed(range(end, start)):
            after = self._history.states[index + 1]
            value = self._hop(index, key, value, after, Backward(after))
        return value

    def _hop(
        self, index: int, key: str, value: Value, defs: Mapping[str, GType], run: Forward | Backward
    ) -> Value:
        block = self._blocks[index]
        if isinstance(block, syntax.TypeChange):
            found: list[tuple[str, Value]] = []

            def on(name: str, inner: Value) -> Value:
                if block.name.text in self._origins(name):
                    found.append((name, inner))
                return inner

            value = walk(value, defs[key], defs, on)
            # Forward, a value changes before those inside of it do.
            for name, inner in found if isinstance(run, Backward) else reversed(found):
                ops = [lowered(op) for op in block.body] if "~headers" in name else block.body
                run.block(inner, ops, model.Ref(self._name_after(index, name)))
        if isinstance(block, syntax.RouteChange) and key.split(" ")[1] == block.name.text:
            asked = key.startswith("request ")
            ops = [op for op in block.body if ("response" in op.span.text) != asked]
            part: model.GType = model.Ref(key)
            if asked:
                run.block(value, ops, part)
            else:
                whole = model.Object((model.Field("response", part),))
                run.block({"response": value}, ops, whole)
        return value

    def _name_after(self, index: int, name: str) -> str:
        """What a definition goes by after a block, which may have told it apart by its place."""
        after = self._history.states[index + 1]
        if name in after:
            return name
        told_apart = dict(_told_apart(self._history.blocks[index]))
        while name not in after:
            name = told_apart[name]
        return name


def _told_apart(node: Value) -> Iterator[tuple[str, str]]:
    """The names that a block gave what leads through its own type again, and those they are of."""
    match node:
        case OnOwn(before=name, after=of):
            yield name, of
        case dict():
            yield from _told_apart(tuple(node.values()))
        case tuple():
            for inner in node:
                yield from _told_apart(inner)
        case _ if is_dataclass(node):
            yield from _told_apart(tuple(getattr(node, field.name) for field in fields(node)))


def walk(
    value: Value, t: GType, defs: Mapping[str, GType], on: Callable[[str, Value], Value]
) -> Value:
    """The value with every part of a named type replaced, the inner ones first."""
    match t:
        case model.Ref(name=name):
            return on(name, walk(value, defs[name], defs, on))
        case model.Object():
            return {
                k: walk(v, f.type if (f := t.field(k)) else t.rest or model.Any(), defs, on)
                for k, v in value.items()
            }
        case model.Array(item=item):
            return [walk(v, item, defs, on) for v in value]
        case model.Tuple(items=items):
            return [walk(v, item, defs, on) for v, item in zip(value, items, strict=True)]
        case model.Union(branches=branches):
            mine = [b for b in branches if member(value, model.Schema(b, defs))]
            return walk(value, mine[0], defs, on)
        case _:
            return value


class _Run:
    def __init__(self, after: Mapping[str, GType]) -> None:
        self.after = after

    def block(self, value: Value, ops: Sequence[syntax.Operation], after: GType) -> None:
        raise NotImplementedError

    def carried(self, value: Value) -> Value:
        """What a function of the project makes of a value; those of random histories."""
        raise NotImplementedError

    def filled(self, value: Value, parts: Sequence[str], after: GType) -> None:
        """Gives an absent field the default that had no value before, on the way forward."""

    def inside(self, value: Value, op: Value, after: GType) -> bool:
        """Runs the operations that have a block of their own."""
        match op:
            case syntax.Each(target=target, body=body):
                inner = at(value, target.parts)
                for item in inner.values() if isinstance(inner, dict) else inner or ():
                    if item is not None:
                        self.block(item, body, self.item(self.type_at(after, target.parts)))
            case syntax.In(target=target, body=(syntax.Was(),)):
                obj, name = at(value, target.parts[:-1]), target.parts[-1]
                if obj is not None and name in obj:
                    obj[name] = self.carried(obj[name])
                self.filled(value, target.parts, after)
            case syntax.In(target=target, body=body):
                inner = at(value, target.parts)
                if inner is not None:
                    self.block(inner, body, self.type_at(after, target.parts))
            case syntax.When(target=target, body=body):
                inner = at(value, target.parts[:-1])
                if inner is not None and same(inner.get(target.parts[-1]), literal(op.value)):
                    self.block(inner, body, self.type_at(after, target.parts[:-1]))
            case _:
                return False
        return True

    def plain(self, t: GType) -> list[GType]:
        """The types without a name that the type is one of, null apart."""
        match t:
            case model.Ref(name=name):
                return self.plain(self.after[name])
            case model.Union(branches=branches):
                return [p for b in branches for p in self.plain(b)]
            case model.Null():
                return []
            case _:
                return [t]

    def fields(self, t: GType, name: str) -> list[model.Field]:
        found = [obj.field(name) for obj in self.plain(t) if isinstance(obj, model.Object)]
        return [field for field in found if field is not None]

    def type_at(self, t: GType, parts: Sequence[str]) -> GType:
        for part in parts:
            t = model.Union(tuple(field.type for field in self.fields(t, part)))
        return t

    def item(self, t: GType) -> GType:
        items = [p.item if isinstance(p, model.Array) else p.rest for p in self.plain(t)]
        return model.Union(tuple(item for item in items if item is not None))

    def gaps(self, t: GType, *ways: Sequence[str]) -> bool:
        """Whether an object on one of the ways may not be there, past those that all share."""
        ways = tuple(way[:-1] for way in ways)
        while all(ways) and len({way[0] for way in ways}) == 1:
            t, ways = self.type_at(t, ways[0][:1]), tuple(way[1:] for way in ways)
        steps = [(self.type_at(t, way[:i]), step) for way in ways for i, step in enumerate(way)]
        return any(
            not field.required or self.nullable(field.type)
            for inner, step in steps
            for field in self.fields(inner, step)
        )

    def nullable(self, t: GType) -> bool:
        match t:
            case model.Ref(name=name):
                return self.nullable(self.after[name])
            case model.Union(branches=branches):
                return any(map(self.nullable, branches))
            case _:
                return isinstance(t, model.Null)

    def default(self, t: GType, parts: Sequence[str]) -> Value:
        """The default that the field has in the type after the operation."""
        for field in self.fields(self.type_at(t, parts[:-1]), parts[-1]):
            if field.default is not None:
                value = field.default.value
                return json.loads(value.text) if isinstance(value, model.Composite) else value
        return ABSENT


class Forward(_Run):
    def carried(self, value: Value) -> Value:
        return value[0]

    def filled(self, value: Value, parts: Sequence[str], after: GType) -> None:
        self._defaulted(value, parts, after)

    def block(self, value: Value, ops: Sequence[syntax.Operation], after: GType) -> None:
        for op in ops:
            if not self.inside(value, op, after):
                self._one(value, op, after)

    def _one(self, value: Value, op: Value, after: GType) -> None:
        match op:
            case (
                syntax.Rename(source=source, target=target)
                | syntax.Move(source=source, target=target)
            ):
                shift(value, source.parts, target.parts)
                if self.gaps(after, source.parts, target.parts):
                    self._defaulted(value, target.parts, after)
            case syntax.Add(target=target):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj.pop(target.parts[-1], None)
                    fill = literal(op.value) if op.value else self.default(after, target.parts)
                    if fill is not ABSENT:
                        obj[target.parts[-1]] = fill
            case syntax.Drop(target=target):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj.pop(target.parts[-1], None)
            case syntax.Require(target=target):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj.setdefault(target.parts[-1], literal(op.value))
            case syntax.Relax():
                pass
            case syntax.Map(target=target, arrows=arrows):
                obj = at(value, target.parts[:-1])
                if obj is not None and target.parts[-1] in obj:
                    old = obj[target.parts[-1]]
                    for arrow in arrows:
                        if not arrow.back and same(literal(arrow.left), old):
                            obj[target.parts[-1]] = literal(arrow.right)
            case syntax.Nest(sources=sources, target=target):
                gather(value, [s.parts[-1] for s in sources], target.parts)
            case syntax.Hoist(source=source, targets=targets):
                spread(value, source.parts, [t.parts[-1] for t in targets])
            case syntax.Wrap(target=target):
                listed(value, target.parts)
            case syntax.Unwrap(target=target):
                taken_out(value, target.parts)
                self._defaulted(value, target.parts, after)
            case syntax.Compute(target=target, value=expr):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj[target.parts[-1]] = evaluated(expr, obj)
            case syntax.Convert(target=target):
                said_anew(op, value, forward=True)
                self._defaulted(value, target.parts, after)
            case syntax.Split(source=source, targets=targets, separator=separator):
                cut(value, source.parts, [t.parts[-1] for t in targets], separator.value)
            case syntax.Join(sources=sources, target=target, separator=separator):
                joined(value, [s.parts[-1] for s in sources], target.parts, separator.value)
            case _:
                raise AssertionError(op)

    def _defaulted(self, value: Value, parts: Sequence[str], after: GType) -> None:
        """An absent field whose default has no value in the type before."""
        obj, fill = at(value, parts[:-1]), self.default(after, parts)
        if obj is not None and fill is not ABSENT:
            obj.setdefault(parts[-1], fill)


class Backward(_Run):
    def carried(self, value: Value) -> Value:
        return [value]

    def block(self, value: Value, ops: Sequence[syntax.Operation], after: GType) -> None:
        for op in reversed(ops):
            if not self.inside(value, op, after):
                self._one(value, op)

    def _one(self, value: Value, op: Value) -> None:
        match op:
            case (
                syntax.Rename(source=source, target=target)
                | syntax.Move(source=source, target=target)
            ):
                shift(value, target.parts, source.parts)
            case syntax.Add(target=target):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj.pop(target.parts[-1], None)
            case syntax.Drop(target=target):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj.pop(target.parts[-1], None)
                    if op.value:
                        obj[target.parts[-1]] = literal(op.value)
            case syntax.Require():
                pass
            case syntax.Relax(target=target):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    obj.setdefault(target.parts[-1], literal(op.value))
            case syntax.Map(target=target, arrows=arrows):
                obj = at(value, target.parts[:-1])
                if obj is not None and target.parts[-1] in obj:
                    new = obj[target.parts[-1]]
                    for arrow in reversed(arrows):
                        if same(literal(arrow.right), new):
                            obj[target.parts[-1]] = literal(arrow.left)
            case syntax.Nest(sources=sources, target=target):
                spread(value, target.parts, [s.parts[-1] for s in sources])
            case syntax.Hoist(source=source, targets=targets):
                gather(value, [t.parts[-1] for t in targets], source.parts)
            case syntax.Wrap(target=target):
                taken_out(value, target.parts)
            case syntax.Unwrap(target=target):
                listed(value, target.parts)
            case syntax.Compute(target=target, back=back):
                obj = at(value, target.parts[:-1])
                if obj is not None:
                    given = evaluated(back[1], obj) if back else None
                    del obj[target.parts[-1]]
                    if back:
                        obj[back[0].parts[-1]] = given
            case syntax.Convert():
                said_anew(op, value, forward=False)
            case syntax.Split(source=source, targets=targets, separator=separator):
                joined(value, [t.parts[-1] for t in targets], source.parts, separator.value)
            case syntax.Join(sources=sources, target=target, separator=separator):
                cut(value, target.parts, [s.parts[-1] for s in sources], separator.value)
            case _:
                raise AssertionError(op)


def at(value: Value, parts: Sequence[str]) -> Value:
    """What is at the path; None where it is absent or null."""
    for part in parts:
        if value is None:
            return None
        value = value.get(part)
    return value


def shift(value: Value, source: Sequence[str], target: Sequence[str]) -> None:
    here, there = at(value, source[:-1]), at(value, target[:-1])
    moved = ABSENT if here is None else here.pop(source[-1], ABSENT)
    if there is not None:
        there.pop(target[-1], None)
        if moved is not ABSENT:
            there[target[-1]] = moved


def gather(value: Value, names: Sequence[str], target: Sequence[str]) -> None:
    obj = at(value, target[:-1])
    if obj is None:
        return
    parts = {name: obj.pop(name) for name in names if name in obj}
    obj.pop(target[-1], None)
    if parts:
        obj[target[-1]] = parts


def spread(value: Value, source: Sequence[str], names: Sequence[str]) -> None:
    obj = at(value, source[:-1])
    if obj is None:
        return
    parts = obj.pop(source[-1], {})
    for name in names:
        obj.pop(name, None)
    obj.update(parts)


def listed(value: Value, target: Sequence[str]) -> None:
    obj = at(value, target[:-1])
    if obj is not None and target[-1] in obj:
        obj[target[-1]] = [obj[target[-1]]]


def taken_out(value: Value, target: Sequence[str]) -> None:
    obj = at(value, target[:-1])
    if obj is not None and target[-1] in obj:
        obj[target[-1]] = obj[target[-1]][0]


def cut(value: Value, source: Sequence[str], names: Sequence[str], separator: str) -> None:
    obj = at(value, source[:-1])
    if obj is None:
        return
    whole = obj.pop(source[-1], ABSENT)
    for name in names:
        obj.pop(name, None)
    if whole is not ABSENT:
        for name in names[:-1]:
            obj[name], _, whole = whole.partition(separator)
        obj[names[-1]] = whole


def joined(value: Value, names: Sequence[str], target: Sequence[str], separator: str) -> None:
    obj = at(value, target[:-1])
    if obj is None:
        return
    parts = [obj.pop(name, ABSENT) for name in names]
    obj.pop(target[-1], None)
    if any(part is not ABSENT for part in parts):
        obj[target[-1]] = separator.join("" if part is ABSENT else part for part in parts)


def said_anew(op: syntax.Convert, value: Value, *, forward: bool) -> None:
    *way, name = op.target.parts
    obj = at(value, way)
    if obj is not None and name in obj:
        obj[name] = converted(op, obj[name], forward=forward)


def lowered(op: Value) -> Value:
    """The operation on headers, whose names are the same in either case."""

    def lower(way: Value) -> Value:
        if isinstance(way, tuple):
            return tuple(map(lower, way))
        return replace(way, parts=tuple(part.lower() for part in way.parts))

    names = ("source", "sources", "target", "targets")
    return replace(op, **{n: lower(getattr(op, n)) for n in names if hasattr(op, n)})


def literal(node: Value) -> Value:
    match node:
        case syntax.Null():
            return None
        case syntax.ListValue(items=items):
            return [literal(item) for item in items]
        case syntax.MapValue(items=items):
            return {getattr(k, "text", None) or k.value: literal(v) for k, v in items}
        case _:
            return node.value


def same(a: Value, b: Value) -> bool:
    return type(a) is type(b) and a == b
