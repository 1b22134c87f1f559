"""Which release a client asks for: by tag, date, moment or TSV (design of *Timescape*).

The four never overlap: tags begin with a letter and have no colon, dates and moments begin with
a digit, TSVs with `tsv:`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from gatid.ingress.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatid.ingress.rsgi import Headers
    from gatid_compiler.plan import Plan, Release, Selectors

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Asked:
    """The release asked for, and the route whose TSV said so, if one did."""

    release: int
    route: str | None = None


class Timeline:
    """The releases of a plan, and what a client may call them.

    `clock` gives Unix seconds: dates after today are refused, releases past their sunset are
    gone.
    """

    # `default` is -1 where a version must be asked for.
    def __init__(self, plan: Plan, selectors: Selectors, clock: Callable[[], float]) -> None:
        self.releases: Sequence[Release] = plan.releases
        self.selectors = selectors
        self._header = selectors.header.lower() if selectors.header is not None else None
        self._clock = clock
        self._moments = [release.unix for release in plan.releases]
        self._sunsets = any(release.sunset is not None for release in plan.releases)
        self._tags = {
            tag: Asked(index) for index, release in enumerate(plan.releases) for tag in release.tags
        }
        self._tsvs = {
            contract.id: Asked(contract.since, route.name)
            for route in plan.routes
            for contract in route.contracts
        }
        self.default = self._default(selectors.default)

    def _default(self, named: str) -> int:
        if named == "require":
            return -1
        if named == "oldest":
            return 0
        if named == "latest":
            return len(self.releases) - 1
        return self._tags[named].release

    def explicit(
        self, segment: str | None, query: Mapping[str, Sequence[str]] | None, headers: Headers
    ) -> Asked | None:
        """What the request itself asks for: in its path, else its query, else a header.

        `segment` is the path's first one where it reads as a selector.
        """
        if segment is not None:
            return self.resolve(segment)
        param = self.selectors.param
        if param is not None and query and param in query:
            return self._one(query[param])
        if self._header is not None and self._header in headers:
            return self._one(headers.get_all(self._header))
        return None

    def reads(self, segment: str) -> bool:
        """Whether a path's segment is a selector and no part of a route."""
        return (
            segment in self._tags
            or segment.startswith("tsv:")
            or _DATE.fullmatch(segment) is not None
            or _MOMENT.fullmatch(segment) is not None
        )

    def resolve(self, text: str) -> Asked:
        """The release that a selector means; 400 when it means none, 410 past its sunset."""
        asked = self._tags.get(text) or self._tsvs.get(text)
        if asked is None:
            asked = Asked(self._at(text))
        return asked

    def alive(self, release: int, path: str) -> None:
        """Raises 410, with the release to move on to, when this one is past its sunset."""
        if not self._sunsets or release < 0:
            return
        now = self._clock()
        sunset = self.releases[release].sunset
        if sunset is None or now < sunset:
            return
        headers: tuple[tuple[str, str], ...] = ()
        for later in self.releases[release + 1 :]:
            if later.sunset is None or now < later.sunset:
                headers = (("link", f'<{self._link(path, later)}>; rel="successor-version"'),)
                break
        label = self.releases[release].label
        raise ProblemError(410, "version-retired", f"version {label} is retired", headers=headers)

    def _link(self, path: str, release: Release) -> str:
        from urllib.parse import quote

        where = quote(path, safe="/:@!$&'()*+,;=-._~")
        param = self.selectors.param
        if param is not None:
            return f"{where}?{quote(param)}={quote(release.label)}"
        return f"/{quote(release.label)}{where}" if self.selectors.path else where

    def _one(self, values: Sequence[str]) -> Asked:
        if len(values) != 1:
            raise _refused("the version is asked for more than once, or unreadably")
        return self.resolve(values[0])

    def _at(self, text: str) -> int:
        """The newest release at or before a date or a moment."""
        now = self._clock()
        tomorrow = (int(now // _DAY) + 1) * _DAY
        if _DATE.fullmatch(text):
            # A date means the end of its day.
            until = _midnight_after(text)
            late = until > tomorrow
            index = bisect_left(self._moments, until) - 1
        elif _MOMENT.fullmatch(text):
            moment = _moment(text)
            late = moment >= tomorrow
            index = bisect_right(self._moments, moment) - 1
        else:
            raise _refused("there is no such version")
        if late:
            raise _refused("the version lies in the future")
        if index < 0:
            raise _refused("the version lies before the oldest one")
        return index


def _midnight_after(text: str) -> float:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _refused("the version is no date of the calendar") from None
    return (day - date(1970, 1, 1) + timedelta(days=1)).days * _DAY


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise _refused("the version is no moment of the calendar") from None


def _refused(title: str) -> ProblemError:
    return ProblemError(400, "version", title)
