"""When a version is left and goes away: `deprecated` and `sunset` in its block."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gatid_compiler.passes.arguments import no_block, wrong
from gatid_compiler.passes.places import VERSION, placed
from gatid_compiler.timescape import codes
from gatid_dsl import syntax
from gatid_dsl.source import Span

if TYPE_CHECKING:
    from gatid_compiler.passes.report import Report
    from gatid_compiler.plan import Release

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2})?Z)?", re.ASCII)
_LINK = re.compile(r"https?://[!#-;=?-Z_a-z~\[\]@%]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """A moment of a version's life, and where people may read of it."""

    unix: int
    link: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Life:
    """What a version says of its end."""

    date: str
    deprecated: Said | None
    sunset: Said | None

    def told(self, release: Release) -> Release:
        """The release with its end."""
        deprecated, sunset = self.deprecated, self.sunset
        return replace(
            release,
            deprecated=deprecated.unix if deprecated else None,
            deprecation_link=deprecated.link if deprecated else None,
            sunset=sunset.unix if sunset else None,
            sunset_link=sunset.link if sunset else None,
        )

    def judge(self, begins: int, report: Report) -> None:
        """A version begins, is deprecated, and goes away, in this order."""
        for said in (self.deprecated, self.sunset):
            if said is not None and said.unix < begins:
                _refuse(said, f"this lies before `{self.date}`, when the version begins", report)
                return
        first, last = self.deprecated, self.sunset
        if first is not None and last is not None and last.unix < first.unix:
            _refuse(last, "a version is deprecated before it goes away, not after", report)

    def judge_newest(self, report: Report) -> None:
        """There is always a version to go to."""
        for said in (self.deprecated, self.sunset):
            if said is not None:
                _refuse(said, "the newest version stays: there is none to go to", report)


def moment(text: str) -> int | None:
    """Unix seconds of a date (its first second in UTC) or a moment; None where there is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return None
    return int(at.replace(tzinfo=UTC).timestamp())


def read_life(node: syntax.Version, report: Report) -> Life:
    """What the version's block says; what is wrong with it is reported."""
    said: dict[str, Said] = {}
    for statement in placed(node.body, VERSION, report):
        match statement:
            case syntax.Directive(keyword=word, groups=((syntax.Moment(text=text), *rest),)) if len(
                rest
            ) < 2 and all(isinstance(arg, syntax.Text) for arg in rest):
                no_block(statement, report)
                unix = moment(text)
                links = [arg for arg in rest if isinstance(arg, syntax.Text)]
                for link in links:
                    _judge_link(link, report)
                if unix is not None:  # else the parser has said so
                    link_text = links[0].value if links else None
                    said[word.text] = Said(unix, link_text, statement.span)
            case syntax.Directive():
                wrong(statement, "a date, and perhaps the address of a page about it", report)
            case _:
                pass
    return Life(node.date.text, said.get("deprecated"), said.get("sunset"))


def _judge_link(link: syntax.Text, report: Report) -> None:
    if not _LINK.fullmatch(link.value):
        report.add(
            codes.VERSION_END.at(
                link.span,
                "clients cannot follow this",
                help='write the whole address of a page: `"https://example.com/v1-ends"`',
            )
        )


def _refuse(said: Said, why: str, report: Report) -> None:
    report.add(
        codes.VERSION_END.at(
            said.span, why, help="write another date, or leave it away until there is one"
        )
    )
