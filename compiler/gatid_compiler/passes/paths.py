"""A route's path: the prefixes of its groups and its own segments, joined and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.rules import routes as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.passes.report import Report

_REFUSED = {
    "\\": "a backslash",
    "?": "a `?`",
    "{": "a brace: a parameter takes a whole segment",
    "}": "a brace: a parameter takes a whole segment",
    "%": "a percent escape: write the character itself",
    "\ufffd": "U+FFFD",
}
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class JoinedPath:
    """The segments of a route's path, and its parameters in order."""

    segments: tuple[plan.Segment, ...]
    params: tuple[syntax.PathParam, ...]

    @property
    def shape(self) -> tuple[str | None, ...]:
        """What matching looks at: static segments, None for a parameter."""
        return tuple(s if isinstance(s, str) else None for s in self.segments)


def join(route: syntax.Route, groups: Sequence[syntax.Group], report: Report) -> JoinedPath:
    """The whole path of a route. What no request can have is reported."""
    parts: list[syntax.PathText | syntax.PathParam] = []
    for path in (*(group.path for group in groups), route.path):
        # The empty last segment of a group's `/x/` stays only where the route adds nothing.
        parts.extend(path.segments)
    _check(parts, report)
    params = tuple(part for part in parts if isinstance(part, syntax.PathParam))
    first: dict[str, syntax.PathParam] = {}
    for param in params:
        known = first.setdefault(param.name.text, param)
        if known is not param:
            report.add(
                rules.DUPLICATE_PARAMETER.at(
                    param.name.span,
                    f"the path has two parameters `{param.name.text}`",
                    help="give one of them another name",
                    labels=(Label(known.name.span, "first here"),),
                )
            )
    segments = tuple(
        part.text if isinstance(part, syntax.PathText) else plan.Param(part.name.text)
        for part in parts
    )
    return JoinedPath(segments, tuple(first.values()))


def written(segments: Sequence[plan.Segment]) -> str:
    """A path as it is shown: `/orders/{id}`."""
    return "/" + "/".join(s if isinstance(s, str) else f"{{{s.name}}}" for s in segments)


def _check(parts: Sequence[syntax.PathText | syntax.PathParam], report: Report) -> None:
    for index, part in enumerate(parts):
        if isinstance(part, syntax.PathParam):
            continue
        reason = _reason(part.text, last=index == len(parts) - 1)
        if reason is not None:
            report.add(
                rules.BAD_PATH.at(
                    part.span,
                    f"no request has such a path: {reason}",
                    help="write it like `/orders/{id: Uuid}`",
                )
            )


def _reason(text: str, *, last: bool) -> str | None:
    if not text:
        return None if last else "a segment is empty"
    if text in (".", ".."):
        return f"`{text}` as a segment is refused"
    if _CONTROL.search(text):
        return "it holds a control character"
    for char, what in _REFUSED.items():
        if char in text:
            return f"it holds {what}"
    return None
