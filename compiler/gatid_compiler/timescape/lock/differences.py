"""What clients of a release see now against what they saw, each difference at its cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.rules import lock as rules
from gatid_compiler.timescape.lock.facts import Present
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatid_compiler.passes.report import Report
    from gatid_compiler.timescape.lock.model import Fact, Facts, Key
    from gatid_compiler.timescape.lock.past import Past
    from gatid_dsl.source import Span

PROBLEM = "Problem"
"""What every fault is answered with where nothing else is declared."""

_WORDS = {"query": "query", "headers": "headers", "cookies": "cookies", "body": "body"}


class Differences:
    """Says of each release what differs; what a newer one has been told of is not said again."""

    def __init__(self, past: Past, count: int, report: Report) -> None:
        """`count` releases are frozen; what is younger is a draft."""
        self._past = past
        self._count = count
        self._present = Present(past)
        self._report = report
        self._told: set[Key] = set()

    def report(self, release: int, then: Facts, places: Mapping[Key, Span]) -> None:
        """All differences of one release."""
        now = self._present.facts(release)
        seen = {key for key in (*then, *now) if key[0] in ("answer", "part", "route", "status")}
        differing = sorted(key for key in seen if differ(then.get(key), now.get(key)))
        if not differing:
            return
        causes = [
            key
            for key in sorted(then)
            if key[0] == "type" and key in now and _edited(then[key], now[key])
        ]
        for key in causes:
            self._tell(key, release, then, now, places)
        whole = {key[1] for key in differing if key[0] == "route"}
        for key in differing:
            of_type = key in then and key in now and then[key].text == now[key].text
            if causes and of_type:
                continue
            if key[0] != "route" and key[1].rpartition(".")[0] in whole:
                continue
            self._tell(key, release, then, now, places)

    def _tell(
        self,
        key: Key,
        release: int,
        then: Facts,
        now: Facts,
        places: Mapping[Key, Span],
    ) -> None:
        if key in self._told:
            return
        self._told.add(key)
        old, new = then.get(key), now.get(key)
        place = places.get(key)
        labels = (Label(place, "released here"),) if place is not None else ()
        at = self._place(key, release)
        if at is None:
            at, labels = place or self._past.version(release).date.span, ()
        label = self._past.releases[release].label
        self._report.add(
            rules.RELEASED_CHANGED.at(
                at,
                _message(key, label, old, new),
                help=self._help(key, old, new),
                notes=(f"released: {_shown(old)}", f"now:      {_shown(new)}"),
                labels=labels,
            )
        )

    def _help(self, key: Key, old: Fact | None, new: Fact | None) -> str:
        drafts = [f"`change {release.label}`" for release in self._past.releases[self._count :]]
        where = " or ".join(drafts) or "the `change` of a new version"
        if key[0] == "route" and old is None:
            return f"say in {where}: `route {key[1]} added`"
        if key[0] == "route" and new is None:
            return f"put it back, or say in {where}: `route {key[1]} removed {{ … }}`"
        return f"take the edit back, or say in {where} what became different"

    def _place(self, key: Key, release: int) -> Span | None:
        """Where the thing is written now."""
        kind, name = key
        if kind == "type":
            origin = name.partition("<")[0].partition(".")[0]
            found = self._past.declared.get(origin)
            return found.name.span if found else None
        route, _, part = (name, "", "") if kind == "route" else name.rpartition(".")
        node = self._past.routes.get(route)
        if node is None:
            return None
        return (
            self._stated(route, part, release)
            or _statement(node.body, part)
            or (node.path.span if part == "path" else node.name.span)
        )

    def _stated(self, route: str, part: str, release: int) -> Span | None:
        """Where a younger change states the part as it was."""
        for number in range(release + 1, len(self._past.releases)):
            for change in self._past.changes_of(number):
                for block in change.body:
                    if isinstance(block, syntax.RouteChange) and block.name.text == route:
                        found = _statement(block.body, part)
                        if found is not None:
                            return found
        return None


def _statement(body: Iterable[object], part: str) -> Span | None:
    for statement in body:
        if isinstance(statement, syntax.Typed) and statement.keyword.text == _WORDS.get(part):
            return statement.span
        if isinstance(statement, syntax.Returns) and part.isdigit():
            return statement.span
        if isinstance(statement, syntax.Answers) and part.endswith("-headers"):
            return statement.span
    return None


def differ(old: Fact | None, new: Fact | None) -> bool:
    """Whether clients see another thing. Of a fault they see a `Problem`, declared or not."""
    if old is None or new is None:
        return any(fact is not None and not _is_implied(fact) for fact in (old, new))
    return old.digest != new.digest


def _is_implied(fact: Fact) -> bool:
    status = fact.name.rpartition(".")[2]
    return fact.kind == "answer" and status >= "400" and fact.text == PROBLEM


def _edited(old: Fact, new: Fact) -> bool:
    """The type itself is another one, not only what it refers to."""
    return old.digest != new.digest and old.text != new.text


def _message(key: Key, label: str, old: Fact | None, new: Fact | None) -> str:
    kind, name = key
    owner, _, part = name.rpartition(".")
    match kind:
        case "type":
            what = f"`{name}`"
        case "route":
            what = f"the route `{name}`"
        case "answer":
            what = f"answer {part} of `{owner}`"
        case "status":
            what = f"the place of status {part} of `{owner}`"
        case _ if part.endswith("-headers"):
            what = f"the headers of answer {part.removesuffix('-headers')} of `{owner}`"
        case _:
            what = f"the {part} of `{owner}`"
    if new is None:
        return f"`{label}` was released with {what}, which is gone"
    if old is None:
        return f"`{label}` was released without {what}"
    return f"{what} is not what was released as `{label}`"


def _shown(fact: Fact | None) -> str:
    return "nothing" if fact is None else f"`{fact.text}`"
