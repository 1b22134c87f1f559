"""The two sides of a difference: what was released, and what is derived for that moment now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.gtypes.model import (
    Array,
    Definitions,
    GType,
    Intersection,
    Literal,
    Null,
    Object,
    Ref,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.text import show
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.reshape import references, reshaped, resolved


class EndlessError(Exception):
    """A type of the past that is inside itself, and has no name any more."""


@dataclass(frozen=True, slots=True)
class Use:
    """Whether clients of the older version send it, and whether they are answered with it."""

    received: bool
    answered: bool


@dataclass
class Sides:
    """Definitions of both, and what types in them are called in the suggestion.

    `calls` are the names of older types that a type of now goes by, which then is that type at
    that moment.
    """

    old: Definitions
    new: Definitions
    calls: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._old_prints = Fingerprints(self.old)
        self._new_prints = Fingerprints(self.new)
        self._old_plain = Fingerprints(self.old, defaults=False)
        self._new_plain = Fingerprints(self.new, defaults=False)

    def old_print(self, t: GType) -> str:
        """The fingerprint of a type of the past."""
        return self._old_prints.of(t)

    def new_print(self, t: GType) -> str:
        """The fingerprint of a type of now."""
        return self._new_prints.of(t)

    def same(self, old: GType, new: GType) -> bool:
        """Whether the two are one type, defaults and all."""
        return self._old_prints.of(old) == self._new_prints.of(new)

    def agree(self, old: GType, new: GType) -> bool:
        """Whether the two hold the same values."""
        return self._old_plain.of(old) == self._new_plain.of(new)

    def old_text(self, t: GType) -> str:
        """A type of the past as it can be written now. Raises `EndlessError`."""
        return show(self._spelt(t, ()))

    def new_text(self, t: GType) -> str:
        """A type of now as it is written."""
        return show(reshaped(t, name=keys.plain))

    def _spelt(self, t: GType, inside: tuple[str, ...]) -> GType:
        names = set(references(t))
        spelt: dict[str, GType] = {}
        for name in names:
            if name in self.calls:
                spelt[name] = Ref(self.calls[name])
            elif name in inside:
                raise EndlessError(name)
            else:
                spelt[name] = self._spelt(self.old[name], (*inside, name))
        return reshaped(_put(t, spelt), name=lambda name: name) if names else t


def _put(t: GType, spelt: dict[str, GType]) -> GType:
    """The type with other types for its references."""
    match t:
        case Ref():
            return spelt[t.name]
        case Object():
            fields = tuple(replace(f, type=_put(f.type, spelt)) for f in t.fields)
            return Object(fields, None if t.rest is None else _put(t.rest, spelt))
        case Array():
            return replace(t, item=_put(t.item, spelt))
        case Union():
            return normal.union(*(_put(b, spelt) for b in t.branches))
        case Tuple():
            return Tuple(tuple(_put(item, spelt) for item in t.items))
        case Intersection():
            return Intersection(tuple(_put(part, spelt) for part in t.parts))
        case _:
            return t


def without_null(t: GType, defs: Definitions) -> tuple[GType, bool]:
    """The type behind references without `null`, and whether it had it."""
    outer = resolved(t, defs)
    if isinstance(outer, Union):
        rest = [b for b in outer.branches if not isinstance(resolved(b, defs), Null)]
        if rest and len(rest) < len(outer.branches):
            return normal.union(*rest), True
    return outer, False


def holds_objects(t: GType, defs: Definitions) -> bool:
    """Whether all values are objects, or null: operations can stand on such a type."""
    outer = resolved(t, defs)
    if isinstance(outer, Union):
        return all(
            isinstance(resolved(b, defs), Null) or holds_objects(b, defs) for b in outer.branches
        )
    return isinstance(outer, Object)


def tag_of(branches: list[Object], defs: Definitions) -> str | None:
    """The field that tells objects apart: a required literal, another one in each."""
    for field_ in branches[0].fields if branches else ():
        values = set()
        for branch in branches:
            found = branch.field(field_.name)
            literal = resolved(found.type, defs) if found is not None else None
            if found is None or not found.required or not isinstance(literal, Literal):
                break
            values.add(literal)
        if len(values) == len(branches):
            return field_.name
    return None
