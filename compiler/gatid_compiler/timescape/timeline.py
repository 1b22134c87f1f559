"""The timeline: releases in the order of their dates, and the ids of contracts in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid_compiler.plan import Release
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.life import Life, moment, read_life
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.passes.report import Report
    from gatid_dsl import syntax

RESERVED = frozenset(("latest", "oldest", "require"))
"""What asks for a version without being a tag."""

_TAG = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")


def tsv(unix: int, route: str, seq: int) -> str:
    """The id of a route's contract: the release it begins in, and its number from 1."""
    return f"tsv:{unix}-{route}-{seq}"


def releases(versions: Sequence[syntax.Version], report: Report) -> tuple[Release, ...]:
    """The releases, oldest first; the newest is head. What is wrong with one is reported."""
    seen_tags: dict[str, syntax.Word] = {}
    seen_dates: dict[int, syntax.Version] = {}
    found: list[Release] = []
    lives: dict[int, Life] = {}
    for node in versions:
        tags = tuple(tag.text for tag in node.tags if _tag_fits(tag, seen_tags, report))
        life = read_life(node, report)
        unix = moment(node.date.text)
        if unix is None:
            # The parser has said so; placed after the version before it, its changes still
            # find it, and are not reported as well.
            unix = found[-1].unix + 1 if found else 0
        if unix in seen_dates:
            report.add(
                codes.DUPLICATE_VERSION.at(
                    node.date.span,
                    f"another version begins at `{node.date.text}`",
                    help="give one of them another date, or join their tags: `as v1, v2`",
                    labels=(Label(seen_dates[unix].date.span, "the other one"),),
                )
            )
            unix += 1
        seen_dates[unix] = node
        life.judge(unix, report)
        label = tags[0] if tags else node.date.text
        found.append(life.told(Release(unix, node.date.text, label, tags)))
        lives[unix] = life
    newest = max(lives, default=None)
    if newest is not None:
        lives[newest].judge_newest(report)
    return tuple(sorted(found, key=lambda release: release.unix))


def _tag_fits(tag: syntax.Word, seen: dict[str, syntax.Word], report: Report) -> bool:
    if not _TAG.fullmatch(tag.text):
        report.add(
            codes.BAD_TAG.at(
                tag.span,
                f"`{tag.text}` cannot be a tag",
                help="begin with a letter, go on with letters, digits, `.`, `_` or `-`, 64 at most",
            )
        )
        return False
    if tag.text in RESERVED:
        report.add(
            codes.BAD_TAG.at(
                tag.span,
                f"`{tag.text}` already means something where a version is asked for",
                help="leave it away: the newest version is `latest` by itself"
                if tag.text == "latest"
                else "choose another tag, such as `v1`",
            )
        )
        return False
    if tag.text in seen:
        report.add(
            codes.DUPLICATE_TAG.at(
                tag.span,
                f"`{tag.text}` names two versions",
                help="leave the tag to one of them",
                labels=(Label(seen[tag.text].span, "first here"),),
            )
        )
        return False
    seen[tag.text] = tag
    return True
