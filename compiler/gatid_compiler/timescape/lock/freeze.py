"""Freezing: the lock with one release more, or why it cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatid_compiler.timescape.lock.canonical import todos
from gatid_compiler.timescape.lock.facts import Present, unproved
from gatid_compiler.timescape.lock.model import Released, news

if TYPE_CHECKING:
    from gatid_compiler.timescape.lock.model import Lock
    from gatid_compiler.timescape.lock.past import Past


class CannotReleaseError(Exception):
    """The message says why, and what to do first."""


def freeze(past: Past, lock: Lock, release: int) -> Lock:
    """The lock in which the version is released.

    Raises:
        CannotReleaseError: it is released already, an older one is not, it has a `todo`, or a
            transform to it is not proved.
    """
    label = past.releases[release].label
    count = len(lock.releases)
    if release < count:
        raise CannotReleaseError(f"`{label}` is released already")
    if release > count:
        first = past.releases[count].label
        raise CannotReleaseError(
            f"`{label}` comes after `{first}`, which is not released: `gatid release {first}` first"
        )
    obstacles = what_is_missing(past, release)
    if obstacles:
        lines = "\n".join(f"  {line}" for line in obstacles)
        raise CannotReleaseError(f"`{label}` cannot be released:\n{lines}")
    present = Present(past)
    facts = {**present.facts(release), **present.verdicts(release)}
    before = lock.held()[-1][1] if lock.releases else {}
    date = past.releases[release].date
    frozen = Released(label, date, lock.tip, news(facts, before))
    return replace(lock, releases=(*lock.releases, frozen))


def what_is_missing(past: Past, release: int) -> list[str]:
    """What has to be done before a version can be released, a line each."""
    found = [
        f"{span.source.path}:{span.source.position(span.start)[0]}: {text}"
        for text, span in todos(past.changes_of(release))
    ]
    if release > 0:
        for name in unproved(past, release):
            route, _, part = name.rpartition(".")
            message = "requests" if part == "request" else f"answers with {part}"
            found.append(f"{route}: the transform of its {message} is not proved")
    return found
