"""The operations between two shapes, found from the outside in.

A type of now that all places had in one older shape gets its operations in a block of its own;
a type that had several is changed in each place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.literals import written
from gatid_compiler.gtypes.model import Array, Field, GType, Object, Ref, Union
from gatid_compiler.timescape.reshape import resolved
from gatid_compiler.timescape.suggest.fields import Fields
from gatid_compiler.timescape.suggest.model import Op, hatch, todo
from gatid_compiler.timescape.suggest.moves import moved, moves
from gatid_compiler.timescape.suggest.retype import retyped
from gatid_compiler.timescape.suggest.sides import (
    EndlessError,
    Sides,
    Use,
    holds_objects,
    tag_of,
    without_null,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class Differ:
    """Compares shapes, and notes what each type of now was in the places that it was met in.

    `inline` are the types that are changed where they stand.
    """

    sides: Sides
    inline: frozenset[str] = frozenset()
    met: dict[str, dict[str, GType]] = field(default_factory=dict)
    used: dict[str, Use] = field(default_factory=dict)
    through: set[str] = field(default_factory=set)
    nested: bool = False
    _inside: list[tuple[str, str]] = field(default_factory=list)

    def of_type(self, key: str, use: Use) -> list[Op]:
        """The operations of a type's own block."""
        (old,) = self.met[key].values()
        old, first = self.moved(old, Ref(key), frozenset((key,)))
        ops = self._value(old, self.sides.new[key], use)
        if ops is not None:
            return [*first, *ops]
        return [todo(f"`{key}` is of another kind", self.by_hand(old))]

    def by_hand(self, old: GType, *way: str) -> tuple[Op, ...]:
        """What says the older shape of a whole value outright; nothing where it has no name."""
        if not way:
            old = resolved(old, self.sides.old)
        try:
            whole = hatch(self.sides.old_text(old))
        except EndlessError:
            return ()
        return (Op(("in ", way), body=(whole,)) if way else whole,)

    def moved(self, old: GType, new: GType, own: frozenset[str]) -> tuple[GType, list[Op]]:
        """The older shape with the fields where they are now that moved between its objects,
        and the operations that say so.
        """
        found = moves(old, new, self.sides, self.inline | own)
        self.through |= {name for each in found for name in each.through}
        if not found:
            return old, []
        return moved(old, found, self.sides), [each.op for each in found]

    def value(self, old: GType, new: GType, use: Use) -> list[Op] | None:
        """The operations inside of a value, their ways beginning there; None where no operation
        on its inside makes the one of the other.
        """
        if isinstance(new, Ref):
            key = new.name
            if not holds_objects(new, self.sides.new):
                return self._value(old, resolved(new, self.sides.new), use)
            if not holds_objects(old, self.sides.old):
                return None
            if key not in self.inline:
                self._note(key, old, use)
                return []
            here = (self.sides.old_print(old), key)
            if here in self._inside:
                return [] if self.sides.same(old, new) else None
            self._inside.append(here)
            found = self._value(old, resolved(new, self.sides.new), use)
            self._inside.pop()
            return found
        return self._value(old, new, use)

    def _note(self, key: str, old: GType, use: Use) -> None:
        self.met.setdefault(key, {}).setdefault(self.sides.old_print(old), old)
        known = self.used.get(key, Use(received=False, answered=False))
        self.used[key] = Use(known.received or use.received, known.answered or use.answered)

    def _value(self, old: GType, new: GType, use: Use) -> list[Op] | None:
        was, null = without_null(old, self.sides.old)
        now, now_null = without_null(new, self.sides.new)
        if null != now_null:
            return None
        if isinstance(now, Ref):
            return self.value(was, now, use)
        was = resolved(was, self.sides.old)
        match was, now:
            case Object(), Object():
                if not was.fields and not now.fields and was.rest and now.rest:
                    return self._each(was.rest, now.rest, use)
                return Fields(self, use).of(was, now)
            case Array(), Array():
                if (was.low, was.high, was.unique) != (now.low, now.high, now.unique):
                    return None
                return self._each(was.item, now.item, use)
            case Union(), Union():
                return self._branches(was, now, use)
            case _:
                return [] if self.sides.same(was, now) else None

    def _each(self, old: GType, new: GType, use: Use) -> list[Op] | None:
        ops = self.value(old, new, use)
        return [Op(("each ", ()), body=tuple(ops))] if ops else ops

    def _branches(self, old: Union, new: Union, use: Use) -> list[Op] | None:
        if self.sides.same(old, new) and not _names(new):
            return []
        pairs = self._paired(old.branches, new.branches)
        if pairs is None:
            return None
        objects = [resolved(b, self.sides.new) for b in new.branches]
        tag = tag_of([o for o in objects if isinstance(o, Object)], self.sides.new)
        found: list[Op] = []
        inside = [self.value(was, now, use) for was, now in pairs]
        if inside[0] and all(ops == inside[0] for ops in inside):
            return inside[0]
        for (_, now), ops in zip(pairs, inside, strict=True):
            if ops is None:
                return None
            inner = resolved(now, self.sides.new)
            literal = inner.field(tag) if tag and isinstance(inner, Object) else None
            if not ops:
                continue
            if tag is None or literal is None:
                return None
            value = resolved(literal.type, self.sides.new)
            equals = f" = {written(value.value)}"  # type: ignore[union-attr]
            found.append(Op(("when ", (tag,), equals), body=tuple(ops)))
        return found

    def _paired(
        self, old: Sequence[GType], new: Sequence[GType]
    ) -> list[tuple[GType, GType]] | None:
        """Each branch with the one that it was: the same, of one name, or of one tag."""
        if len(old) != len(new):
            return None
        left = list(old)
        found: list[tuple[GType, GType]] = []
        waiting = list(new)
        tags = self._tags(old, new)
        for test in (self.sides.same, _one_name, tags):
            for now in list(waiting):
                was = next((each for each in left if test(each, now)), None)
                if was is not None:
                    left.remove(was)
                    waiting.remove(now)
                    found.append((was, now))
        return found if not waiting else None

    def _tags(self, old: Sequence[GType], new: Sequence[GType]) -> _Same:
        olds = [o for b in old if isinstance(o := resolved(b, self.sides.old), Object)]
        news = [o for b in new if isinstance(o := resolved(b, self.sides.new), Object)]
        return _Same(tag_of(olds, self.sides.old), tag_of(news, self.sides.new), self.sides)

    # -- fields --------------------------------------------------------------------------------

    def typed(self, old: Field, new: Field, use: Use) -> list[Op] | str:
        """The operations that give a field its type, ways beginning beside it; or why not."""
        inside = self.value(old.type, new.type, use)
        if inside is not None:
            return packed(new.name, inside)
        was, now = resolved(old.type, self.sides.old), resolved(new.type, self.sides.new)
        if isinstance(now, Array) and not isinstance(was, Array):
            return self._wrapped(old, new, now, use)
        if isinstance(was, Array) and not isinstance(now, Array):
            return self._unwrapped(old, new, was, use)
        return retyped(old, new, use, self.sides)

    def _wrapped(self, old: Field, new: Field, now: Array, use: Use) -> list[Op] | str:
        inside = self.value(old.type, now.item, use)
        if inside is None:
            return f"`{new.name}` is a list of something that it was not before"
        if now.low > 1 or now.high == 0:
            return f"`{new.name}` was one value, and no list of one is allowed now"
        if now.low == 0 and use.answered:
            return (
                f"`{new.name}` may be empty, and older clients expect a value: make it "
                "`[1..]` and `wrap` it"
            )
        wrap = Op(("wrap ", (new.name,)))
        return [wrap, *([Op(("each ", (new.name,)), body=tuple(inside))] if inside else [])]

    def _unwrapped(self, old: Field, new: Field, was: Array, use: Use) -> list[Op] | str:
        inside = self.value(was.item, new.type, use)
        if inside is None or (was.low, was.high) != (1, 1):
            return f"`{new.name}` was a list of any length, and is one value"
        each = [Op(("each ", (new.name,)), body=tuple(inside))] if inside else []
        return [*each, Op(("unwrap ", (new.name,)))]


@dataclass(frozen=True, slots=True)
class _Same:
    """Whether two branches have one tag."""

    old_tag: str | None
    new_tag: str | None
    sides: Sides

    def __call__(self, old: GType, new: GType) -> bool:
        was, now = resolved(old, self.sides.old), resolved(new, self.sides.new)
        if not (isinstance(was, Object) and isinstance(now, Object)):
            return False
        before = was.field(self.old_tag or "")
        after = now.field(self.new_tag or "")
        return bool(before and after and self.sides.same(before.type, after.type))


def _one_name(old: GType, new: GType) -> bool:
    return isinstance(old, Ref) and isinstance(new, Ref) and old.name == new.name


def _names(t: Union) -> bool:
    return any(isinstance(branch, Ref | Object | Array) for branch in t.branches)


def packed(name: str, ops: Sequence[Op]) -> list[Op]:
    """Operations on the inside of a field: with the longer ways, or in a block of it."""
    if len(ops) > 2 and not any(op.words[0] == "each " and op.words[1] == () for op in ops):
        return [Op(("in ", (name,)), body=tuple(ops))]
    return [op.under((name,)) for op in ops]
