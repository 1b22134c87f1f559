"""W3C Trace Context, level 2: `traceparent` and `tracestate`, read by hand.

https://www.w3.org/TR/trace-context-2/
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAMPLED = 0x01
_RANDOM = 0x02

_PARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_MEMBER = re.compile(
    r"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_MAX_MEMBERS = 32


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request stands in its trace. Ids are lower-case hex.

    `parent_id` is None when the trace begins here; `random` says that the trace id was made
    from random bits, as the caller claimed or because it was made here.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    sampled: bool
    state: str
    random: bool

    @property
    def header(self) -> str:
        """The `traceparent` that names this request's span."""
        flags = self.sampled * _SAMPLED | self.random * _RANDOM
        return f"00-{self.trace_id}-{self.span_id}-{flags:02x}"


def continue_trace(parents: Sequence[str], states: Sequence[str]) -> Trace:
    """The trace that those header values carry on, or a new one if they carry none."""
    parent = _PARENT.fullmatch(parents[0]) if len(parents) == 1 else None
    if parent is not None:
        version, trace_id, parent_id, flags, more = parent.groups()
        if (
            version != "ff"
            and (more is None or version != "00")
            and trace_id.strip("0")
            and parent_id.strip("0")
        ):
            bits = int(flags, 16)
            return Trace(
                trace_id,
                _hex(64),
                parent_id,
                bool(bits & _SAMPLED),
                _state(states),
                bool(bits & _RANDOM),
            )
    return Trace(_hex(128), _hex(64), None, sampled=False, state="", random=True)


def _hex(bits: int) -> str:
    # Ids name spans; they guard nothing, and must be cheap. All zeros is not an id.
    return f"{random.getrandbits(bits) or 1:0{bits // 4}x}"


def _state(values: Sequence[str]) -> str:
    """The list that the headers make together, empty when it is malformed."""
    members = [m for m in (part.strip(" \t") for v in values for part in v.split(",")) if m]
    keys = {member.partition("=")[0] for member in members}
    if (
        len(members) > _MAX_MEMBERS
        or len(keys) != len(members)
        or not all(_MEMBER.fullmatch(member) for member in members)
    ):
        return ""
    return ",".join(members)
