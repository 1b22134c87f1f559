"""What is known of one transform: that it holds, that it does not, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatid_compiler.gtypes.faults import Fault
from gatid_compiler.timescape.lenses.model import Doubt


@dataclass(frozen=True, slots=True)
class Proved:
    """Everything that goes in comes out as what is wanted."""


@dataclass(frozen=True, slots=True)
class Validated:
    """As proved, but for functions of the project: what they give is validated at run time."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A message of the one side, as it is sent; what the transform makes of it, None where it
    fails; and what the other side's validator finds in that. Messages are objects of their
    parts.
    """

    given: dict[str, Any]
    made: dict[str, Any] | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Refuted:
    """Messages that do not come out as they must, smallest first, each with other faults than
    the ones before. `doubts` are the steps that may be at fault.
    """

    witnesses: tuple[Witness, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """`reason` says what was not decided, `doubts` are the steps that it comes from."""

    reason: str
    doubts: tuple[Doubt, ...]


Verdict = Proved | Validated | Refuted | Unknown

PROVED = Proved()
VALIDATED = Validated()


def word(verdict: Verdict) -> str:
    """What the verdict is called, also in `gati.lock`."""
    return type(verdict).__name__.lower()
