"""Entity tags, one set for each version (RFC 9110, 8.8.3).

A handler tags the state that it answers with, and what a client of an old contract holds of that
state is another representation. So in answers by a contract that head does not have any more
every ETag goes out marked with the date of the client's release, `"a;2025-11-01"`; the mark is
taken off again where the client names it, and handlers see the tags they gave.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gatid.endpoint.types import named_fields
from gatid.ingress.headers import RequestHeaders
from gatid.ingress.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid.ingress.rsgi import Headers
    from gatid_compiler.plan import Contract, Plan

CONDITIONS = ("if-match", "if-none-match", "if-range")
"""The request headers that name entity tags, lower case."""

_TAG = re.compile(r'((?:W/)?"[^"]*"|[^\s",]+)[ \t]*(?:,[ \t]*|\Z)')


class EntityTags:
    """The entity tags of one contract's messages, as its clients know them.

    `request` is the class of `req`. `own` says that the contract has ended, so that its answers
    are marked. One that goes on to head marks nothing, but takes off what other routes marked
    for clients of the same release.
    """

    __slots__ = ("_marks", "_own", "request")

    def __init__(self, plan: Plan, *, own: bool) -> None:
        self._marks = (*(f";{release.date}" for release in plan.releases[:-1]), "")
        self._own = own
        self.request = _request({release.label: i for i, release in enumerate(plan.releases)}, self)

    def mark(self, headers: list[tuple[str, str]], release: int) -> None:
        """Marks the tags among the fields of an answer to a client of that release."""
        if not self._own:
            return
        mark = self._marks[release]
        for i, (name, value) in enumerate(headers):
            if name == "etag":
                text = value.rstrip()
                quoted = text.endswith('"')
                headers[i] = name, f'{text[:-1]}{mark}"' if quoted else f"{text}{mark}"

    def unmarked(self, name: str, value: str, release: int) -> str | None:
        """A condition as the handler is to see it; None when nothing of it is left.

        Tags of another version are left out. An `If-Match` of which nothing is left names a tag
        that no handler gives: without any it would hold always.
        """
        mark = self._marks[release]
        if not mark or value.strip() == "*":
            return value
        if name == "if-range" and '"' not in value:
            return value  # a date
        kept = []
        for tag in _listed(value):
            bare = tag.removesuffix('"')
            if bare.endswith(mark):
                kept.append(bare[: -len(mark)] + tag[len(bare) :])
            elif not self._own:
                kept.append(tag)
        if kept:
            return ", ".join(kept)
        return f'"{mark}"' if name == "if-match" else None

    def read(self, headers: Headers, release: int) -> Conditional:
        """The headers of a request, with its conditions as the handler is to see them."""
        return Conditional(headers, self, release)


class Conditional:
    """Header fields as they came, but for the conditions among them."""

    __slots__ = ("_fields", "_release", "_tags")

    def __init__(self, fields: Headers, tags: EntityTags, release: int) -> None:
        self._fields = fields
        self._tags = tags
        self._release = release

    def __contains__(self, key: str) -> bool:
        return bool(self.get_all(key)) if key in CONDITIONS else key in self._fields

    def get(self, key: str, default: str | None = None) -> str | None:
        """The value of a header, the first where there are several."""
        if key in CONDITIONS:
            return next(iter(self.get_all(key)), default)
        return self._fields.get(key, default)

    def get_all(self, key: str) -> list[str]:
        """The values of a header, in order."""
        values = self._fields.get_all(key)
        if key not in CONDITIONS:
            return values
        seen = (self._tags.unmarked(key, value, self._release) for value in values)
        return [value for value in seen if value is not None]

    def items(self) -> list[tuple[str, str]]:
        """All fields, in order."""
        seen = (
            (key, self._tags.unmarked(key, value, self._release) if key in CONDITIONS else value)
            for key, value in self._fields.items()
        )
        return [(key, value) for key, value in seen if value is not None]


def _request(releases: Mapping[str, int], tags: EntityTags) -> type[Request]:
    """What makes `req`: it reads the conditions when a handler looks at its headers."""

    class VersionedRequest(Request):
        __slots__ = ()

        @property
        def headers(self) -> Mapping[str, Any]:
            known = self._headers
            if known is None:
                fields = RequestHeaders(super().headers)
                release = releases[self.version or ""]
                for name in CONDITIONS:
                    if name in fields:
                        value = tags.unmarked(name, fields.pop(name), release)
                        if value is not None:
                            fields[name] = value
                known = self._headers = fields
            return known

    return VersionedRequest


class PlanTags:
    """The entity tags of a plan's contracts."""

    __slots__ = ("_ended", "_lasting", "_plan")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ended = EntityTags(plan, own=True)
        self._lasting = EntityTags(plan, own=False)

    def of(self, contract: Contract) -> EntityTags | None:
        """Those of one contract; None where handlers and clients agree."""
        if not _differ(self._plan, contract):
            return None
        return self._lasting if contract.until is None else self._ended


def reads_conditions(plan: Plan, contract: Contract) -> bool:
    """Whether the contract has types for headers that must be read as the handler knows them."""
    headers = contract.shape.headers
    if headers is None or not _differ(plan, contract):
        return False
    return any(name in CONDITIONS for name in named_fields(headers, plan.types))


def _differ(plan: Plan, contract: Contract) -> bool:
    if contract.since >= len(plan.releases) - 1:
        return False
    return any(c.until is not None for route in plan.routes for c in route.contracts)


def _listed(value: str) -> Sequence[str]:
    """The tags of a list; of one that is malformed those before the fault."""
    found = []
    at = len(value) - len(value.lstrip(" \t,"))
    while at < len(value):
        match = _TAG.match(value, at)
        if match is None:
            break
        found.append(match[1])
        at = match.end()
    return found
