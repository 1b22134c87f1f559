"""What came of a reload, for whoever asked: a value that travels over the control socket."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Verdict:
    """`swapped`: the new plan serves. `unchanged`: it was the one that serves. `refused`: the
    old one serves on, and `reason` says why; `details` is what a person reads further
    (diagnostics with their source lines, or a traceback), `diagnostics` the same as data.
    """

    outcome: Literal["swapped", "unchanged", "refused"]
    generation: int
    plan: str
    reason: str = ""
    details: str = ""
    diagnostics: dict[str, Any] = field(default_factory=dict)
    ms: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)

    def text(self) -> str:
        """The verdict in words, details below."""
        if self.outcome == "unchanged":
            return f"nothing changed: generation {self.generation} serves on"
        if self.outcome == "swapped":
            return f"reloaded: generation {self.generation} serves ({self.ms:.0f} ms)"
        parts = [f"reload refused: {self.reason}", self.details.rstrip()]
        if self.generation:
            parts.append(f"generation {self.generation} serves on")
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a candidate is not taken."""

    reason: str
    details: str = ""
    diagnostics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the daemon waits for what, in seconds."""

    compile: float = 60.0
    scout: float = 30.0
    prepare: float = 60.0
    drain: float = 30.0
    stat: float = 1.0
    respawn_first: float = 0.1
    respawn_most: float = 10.0
    healthy: float = 10.0
    """A worker that lived so long starts over with the shortest pause when it dies."""
    bind: float = 3.0
    """How long to wait for the port of a daemon that was killed."""
