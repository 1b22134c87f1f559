"""A route's contracts: the stretches of the timeline in which its messages did not change."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Releases `since` up to `until`, exclusive, in which a route was one contract."""

    since: int
    until: int | None


def stretches(route: str, shape: plan.Shape, derived: Derived) -> tuple[Stretch, ...]:
    """The contracts of a route, oldest first. A hop that changes nothing begins none."""
    last = len(derived.standings) - 1
    until: int | None = None
    found: list[Stretch] = []
    for release in range(last, -1, -1):
        if route not in derived.standings[release]:
            break
        begins = (
            release == 0
            or route not in derived.standings[release - 1]
            or _differ(route, shape, derived, release)
        )
        if begins:
            found.append(Stretch(release, until))
            until = release
    return tuple(reversed(found))


def contract(
    route: str,
    head: plan.Contract,
    stretch: Stretch,
    seq: int,
    derived: Derived,
    releases: Sequence[plan.Release],
    final: FinalTypes,
) -> plan.Contract:
    """One contract, with what carries its messages to head and back."""
    history = derived.history
    unix = releases[stretch.since].unix if releases else 0
    named = replace(
        head, id=tsv(unix, route, seq), seq=seq, since=stretch.since, until=stretch.until
    )
    newest = len(derived.standings) - 1
    if stretch.until is None:
        handled = final.shape(head.shape, history.releases[newest])
        return replace(named, shape=handled, handler_shape=handled)
    # The last release of the stretch: the nearest of those that are alike.
    release = stretch.until - 1
    standing = derived.standings[release][route]
    start, end = history.releases[release], history.releases[newest]
    shape = shape_at(route, head.shape, standing, history.states[start])
    up = forward(history, route, start, end)
    return replace(
        named,
        method=standing.method,
        path=standing.path,
        shape=final.shape(shape, start),
        handler_shape=final.shape(head.shape, end),
        up=_up(up, final) if up else None,
        down=tuple(_down(route, head.shape, standing, derived, start, end, final)),
    )


def _up(up: Fused, final: FinalTypes) -> plan.Upgrade:
    checked = () if up.proved else up.parts
    return plan.Upgrade(up.source, up.parts, checked, _calls(up, final), up.places)


def _calls(fused: Fused, final: FinalTypes) -> tuple[plan.Call, ...]:
    return tuple(
        plan.Call(call.name, call.target, final.type(call.type, call.since)) for call in fused.calls
    )


def _down(
    route: str,
    head: plan.Shape,
    standing: Standing,
    derived: Derived,
    start: int,
    end: int,
    final: FinalTypes,
) -> list[plan.Downgrade]:
    found = []
    for answer in head.answers:
        status = standing.statuses[answer.status]
        back = None
        if answer.type is not None:
            back = backward(derived.history, route, answer.status, end, start)
        if back is not None:
            found.append(
                plan.Downgrade(
                    answer.status, status, back.source, not back.proved, _calls(back, final)
                )
            )
        elif status != answer.status:
            found.append(plan.Downgrade(answer.status, status, None, checked=False))
    return found


def _differ(route: str, head: plan.Shape, derived: Derived, release: int) -> bool:
    """Whether the contract of a release is another one than that of the release before."""
    history = derived.history
    low, high = history.releases[release - 1], history.releases[release]
    before, now = derived.standings[release - 1][route], derived.standings[release][route]
    if before != now:
        return True
    messages = [keys.request(route)]
    messages += [keys.response(route, a.status) for a in head.answers if a.type is not None]
    touched = [
        key
        for key in messages
        if any(history.touching(inner, low, high) for inner in history.reached(key, high))
        or any(history.touching(inner, low, high) for inner in history.reached(key, low))
    ]
    if not touched:
        return False
    if any(history.print_of(key, low) != history.print_of(key, high) for key in touched):
        return True
    # The types are alike; the values may still mean something else, as after a swap.
    if forward(history, route, low, high) is not None:
        return True
    return any(
        backward(history, route, a.status, high, low) is not None
        for a in head.answers
        if a.type is not None
    )
