"""A route's contracts: the stretches of the timeline in which its messages did not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.timescape.fuse.fuse import backward, forward
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.messages import shape_at
from gatid_compiler.timescape.timeline import tsv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.timescape.derive import Derived
    from gatid_compiler.timescape.final_types import FinalTypes
    from gatid_compiler.timescape.fuse.fuse import Fused
    from gatid_compiler.timescape.messages import Standing
    from gatid_compiler.timescape.proofs.judge import Judge


@dataclass(frozen=True, slots=True)
class Stretch:
    """Releases `since` up to `until`, exclusive, in which a route was one contract."""

    since: int
    until: int | None


def stretches(route: str, derived: Derived) -> tuple[Stretch, ...]:
    """The contracts of a route, oldest first. A hop that changes nothing begins none."""
    last = len(derived.standings) - 1
    until: int | None = None
    found: list[Stretch] = []
    for release in range(last, -1, -1):
        if route not in derived.standings[release]:
            until = release
            continue
        begins = (
            release == 0
            or route not in derived.standings[release - 1]
            or _differ(route, derived, release)
        )
        if begins:
            found.append(Stretch(release, until))
            until = release
    return tuple(reversed(found))


def contract(
    route: str,
    stretch: Stretch,
    seq: int,
    derived: Derived,
    releases: Sequence[plan.Release],
    final: FinalTypes,
    judge: Judge,
) -> plan.Contract:
    """One contract, with what carries its messages to what its handler sees, and back."""
    history = derived.history
    unix = releases[stretch.since].unix if releases else 0
    # The last release of the stretch: the nearest of those that are alike.
    release = (len(derived.standings) if stretch.until is None else stretch.until) - 1
    standing = derived.standings[release][route]
    era = standing.era
    start, end = history.releases[release], history.releases[era.newest]
    handled = final.shape(era.shape, end)
    shape = handled
    up: plan.Upgrade | None = None
    down: tuple[plan.Downgrade, ...] = ()
    if release != era.newest:
        shape = final.shape(shape_at(standing, history.states[start]), start)
        up = _up(standing, derived, start, end, final, judge)
        down = tuple(_down(standing, derived, start, end, final, judge))
    return plan.Contract(
        id=tsv(unix, route, seq),
        seq=seq,
        since=stretch.since,
        until=stretch.until,
        method=standing.method,
        path=standing.path,
        shape=shape,
        handler=era.handler,
        handler_shape=handled,
        up=up,
        down=down,
    )


def _up(
    standing: Standing, derived: Derived, start: int, end: int, final: FinalTypes, judge: Judge
) -> plan.Upgrade | None:
    key = standing.era.key
    proved = judge.proves(keys.request(key), start, end)
    up = forward(derived.history, key, start, end, places=not proved)
    if up is None:
        return None
    checked = () if proved else up.parts
    return plan.Upgrade(up.source, up.parts, checked, _calls(up, final), up.places)


def _calls(fused: Fused, final: FinalTypes) -> tuple[plan.Call, ...]:
    return tuple(
        plan.Call(call.name, call.target, final.type(call.type, call.since)) for call in fused.calls
    )


def _down(
    standing: Standing, derived: Derived, start: int, end: int, final: FinalTypes, judge: Judge
) -> list[plan.Downgrade]:
    found = []
    for answer in standing.era.shape.answers:
        status = standing.statuses[answer.status]
        body = header = None
        if answer.status in standing.era.told:
            known = (derived.history, standing.era.key, answer.status, end, start)
            proved = judge.proves(keys.response(standing.era.key, answer.status), end, start)
            body = backward(*known, only="body", places=not proved)
            header = backward(*known, only="header")
        if body is not None or header is not None:
            found.append(
                plan.Downgrade(
                    answer.status,
                    status,
                    None if body is None else body.source,
                    not proved,
                    () if body is None else _calls(body, final),
                    None if header is None else header.source,
                    () if body is None else body.places,
                )
            )
        elif status != answer.status:
            found.append(plan.Downgrade(answer.status, status, None, checked=False))
    return found


def _differ(route: str, derived: Derived, release: int) -> bool:
    """Whether the contract of a release is another one than that of the release before."""
    history = derived.history
    low, high = history.releases[release - 1], history.releases[release]
    before, now = derived.standings[release - 1][route], derived.standings[release][route]
    if before.era is not now.era or before != now:
        return True
    era = now.era
    touched = [
        key
        for key in era.messages
        if any(history.touching(inner, low, high) for inner in history.reached(key, high))
        or any(history.touching(inner, low, high) for inner in history.reached(key, low))
    ]
    if not touched:
        return False
    if any(history.print_of(key, low) != history.print_of(key, high) for key in touched):
        return True
    # The types are alike; the values may still mean something else, as after a swap.
    if forward(history, era.key, low, high) is not None:
        return True
    return any(backward(history, era.key, status, high, low) is not None for status in era.told)
