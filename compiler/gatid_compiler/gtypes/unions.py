"""How the branches of a union are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Literal, Object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.expand import Expansion

Tag = str | int


@dataclass(frozen=True, slots=True)
class Discriminator:
    """A field that every branch requires and that holds literals only: which value leads
    to which branches. Tags are all strings or all integers.
    """

    field: str
    branches: dict[Tag, tuple[Object, ...]]


def discriminator(objects: Sequence[Object], expansion: Expansion) -> Discriminator | None:
    """The field that tells the objects apart best, the first by name of several; None if no
    field does, or if one value of it would leave all branches open.
    """
    if len(objects) < 2:
        return None
    best: Discriminator | None = None
    for field in objects[0].fields:
        found = _by_field(field.name, objects, expansion)
        if found is None or _widest(found) == len(objects):
            continue
        if best is None or _widest(found) < _widest(best):
            best = found
    return best


def _widest(found: Discriminator) -> int:
    return max(len(branches) for branches in found.branches.values())


def _by_field(name: str, objects: Sequence[Object], expansion: Expansion) -> Discriminator | None:
    leads: dict[Tag, tuple[Object, ...]] = {}
    for branch in objects:
        field = branch.field(name)
        if field is None or not field.required:
            return None
        atoms = expansion.atoms(field.type)
        if not atoms:
            return None
        for atom in atoms:
            if not isinstance(atom, Literal) or isinstance(atom.value, bool):
                return None
            leads[atom.value] = (*leads.get(atom.value, ()), branch)
    if len({type(tag) for tag in leads}) != 1 or not all(map(_fits, leads)):
        return None
    return Discriminator(name, leads)


def _fits(tag: Tag) -> bool:
    """The engine looks integers up as 64 bits."""
    return isinstance(tag, str) or -(1 << 63) <= tag < 1 << 63
