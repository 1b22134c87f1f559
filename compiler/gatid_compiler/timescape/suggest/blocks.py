"""All blocks between a release and what is derived for it now: types, then routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.suggest.differ import Differ
from gatid_compiler.timescape.suggest.model import Block, Op, sound
from gatid_compiler.timescape.suggest.route_blocks import routes
from gatid_compiler.timescape.suggest.sides import Sides
from gatid_compiler.timescape.suggest.whole_routes import gone

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import Definitions
    from gatid_compiler.timescape.messages import Standing
    from gatid_compiler.timescape.suggest.released import Released


@dataclass(frozen=True, slots=True)
class Found:
    """Blocks in the order in which they are written, and what no operation can say. `expected`
    are the fingerprints that types had, by what they are called now.
    """

    blocks: tuple[Block, ...]
    remarks: tuple[str, ...]
    expected: Mapping[str, str]


def blocks(then: Released, defs: Definitions, standings: Mapping[str, Standing]) -> Found:
    """What makes the release of what is derived."""
    sides = Sides(then.defs, defs)
    # What has no name of its own has no block of its own.
    differ = Differ(sides, frozenset(filter(keys.is_in_place, defs)))
    for _ in range(len(defs) + 3):
        differ = Differ(sides, differ.inline)
        found = list(routes(differ, then, standings))
        types = _types(differ)
        several = {key for key, olds in differ.met.items() if len(olds) > 1}
        inline = several | _uneven(types) | differ.through
        if inline <= differ.inline:
            calls = _calls(differ)
            if calls == sides.calls:
                expected = {key: next(iter(differ.met[key])) for key in types}
                remarks = tuple(gone(then, standings, sides))
                return Found((*_typed(types, differ), *found), remarks, expected)
            sides.calls.update(calls)
        else:
            differ.inline |= inline
    return Found((), ("the types of now and then cannot be told apart",), {})


def _types(differ: Differ) -> dict[str, tuple[tuple[Op, ...], bool]]:
    """The operations of each type that has one older shape, by its key; and whether fields go
    into a new object there, which may be of a named type.
    """
    found: dict[str, tuple[tuple[Op, ...], bool]] = {}
    while waiting := [k for k, o in differ.met.items() if k not in found and len(o) == 1]:
        key = waiting[0]
        differ.nested = False
        ops = differ.of_type(key, differ.used[key])
        found[key] = tuple(ops), differ.nested
    return found


def _uneven(types: Mapping[str, tuple[tuple[Op, ...], bool]]) -> set[str]:
    """The instances of a generic type that did not change in one way."""
    shown: dict[str, set[str]] = {}
    for key, (ops, _) in types.items():
        shown.setdefault(keys.origin(key), set()).add("\n".join(op.whole for op in ops))
    return {key for key in types if len(shown[keys.origin(key)]) > 1}


def _calls(differ: Differ) -> dict[str, str]:
    """Older types by name, and the type of now that each is at that moment."""
    sides = differ.sides
    found: dict[str, str] = {}
    for key, olds in sorted(differ.met.items()):
        if key in differ.inline or len(olds) > 1:
            continue
        (print_,) = olds
        for name in sides.old:
            if not keys.is_message(name) and sides.old_print(sides.old[name]) == print_:
                plain = keys.plain(key)
                if name not in found or name == plain:
                    found[name] = plain
    return found


def _typed(types: Mapping[str, tuple[tuple[Op, ...], bool]], differ: Differ) -> Iterator[Block]:
    """Blocks in which fields go into objects come last: taken back first, they meet those
    objects as they are now.
    """
    merged = {keys.origin(key): said for key, said in sorted(types.items())}
    for name, (ops, _) in sorted(merged.items(), key=lambda each: each[1][1]):
        if ops:
            vague = any(op.is_todo and not op.by_hand for whole in ops for op in whole.all())
            (old,) = differ.met[name].values() if vague and name in differ.met else (None,)
            yield Block("type", name, sound(ops), kept=differ.by_hand(old) if old else ())
