"""One change between two plans, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gatid_compiler.breaking.rules import RULES, Direction

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["breaking", "compatible", "unknown"]

Part = Literal["path", "query", "headers", "cookies", "body", "answer", "answer-headers"]


@dataclass(frozen=True, slots=True)
class Witness:
    """A message that was right and is not any more: of a request one that the old contract
    takes and the new one refuses, of an answer one that the new contract gives and the old
    one never gave. Wrapped, since `null` is one.
    """

    value: Any


@dataclass(frozen=True, slots=True)
class Shared:
    """The nearest type with a name around a difference, as it is called now, and where in it the
    difference is. `witness` is a value of that type, which the change's own has inside.
    """

    type: str
    was: str
    pointer: str
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What changed, where, and whether it breaks a client.

    `route` is the new name, None for what concerns the whole application. `pointer` leads into
    the part of the message (RFC 6901; `*` stands for any item or any other key), `status` tells
    answers apart. `reason` says of an unknown verdict what was not decided. Where there are `also`
    other routes, the change is one of a type that they share, told as it is in `route`.
    """

    rule: str
    verdict: Verdict
    sentence: str
    route: str | None = None
    part: Part | None = None
    status: int | None = None
    pointer: str = ""
    witness: Witness | None = None
    reason: str | None = None
    shared: Shared | None = None
    also: tuple[str, ...] = ()

    @property
    def routes(self) -> tuple[str, ...]:
        """All routes that it reaches; none of what concerns the whole application."""
        return () if self.route is None else (self.route, *self.also)

    @property
    def direction(self) -> Direction:
        """Whether the whole operation, its requests or its answers changed."""
        return RULES[self.rule].direction


def worst(changes: Iterable[Change]) -> Verdict:
    """The verdict on all of them: breaking if one is, else unknown if one is."""
    found = {change.verdict for change in changes}
    return "breaking" if "breaking" in found else "unknown" if "unknown" in found else "compatible"


def sentence(rule: str, name: str = "", old: object = "", new: object = "") -> str:
    """The rule's sentence, filled in."""
    return RULES[rule].sentence.format(name=name, old=old, new=new)
