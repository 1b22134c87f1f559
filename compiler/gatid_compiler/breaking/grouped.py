"""Differences of a type that many routes share, told once: at the type, with the routes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from gatid_compiler.breaking.change import Change


def grouped(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, those of one difference of one named type as one, in the place of the first.

    One is told for all only where rule, verdict, reason and the value that shows it are the same,
    and only where routes share it: two places in the messages of one route are two changes. It
    is told as it is in the route that has it nearest, which comes first in `routes`.
    """
    groups: dict[Hashable, list[Change]] = {}
    for number, change in enumerate(changes):
        groups.setdefault(_key(change) or number, []).append(change)
    return tuple(told for group in groups.values() for told in _told(group))


def _key(change: Change) -> Hashable:
    """What changes of one group have in common; None of a change that stands alone."""
    shared = change.shared
    if shared is None:
        return None
    shown = None if shared.witness is None else json.dumps(shared.witness.value, sort_keys=True)
    place = (shared.type, shared.was, shared.pointer)
    return (change.rule, change.verdict, change.sentence, change.reason, *place, shown)


def _told(group: list[Change]) -> list[Change]:
    names = dict.fromkeys(change.route for change in group if change.route is not None)
    if len(names) == 1:
        return group
    nearest = min(group, key=lambda change: change.pointer.count("/"))
    others = (name for name in names if name != nearest.route)
    return [replace(nearest, also=tuple(others))]
