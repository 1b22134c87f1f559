"""From a release and the working tree to the change of the next version."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gatid_compiler.passes.report import Report
from gatid_compiler.timescape.life import moment
from gatid_compiler.timescape.lock.judge import judge
from gatid_compiler.timescape.lock.model import FILE
from gatid_compiler.timescape.suggest.blocks import blocks
from gatid_compiler.timescape.suggest.model import Suggestion
from gatid_compiler.timescape.suggest.offered import offered
from gatid_compiler.timescape.suggest.released import released
from gatid_compiler.timescape.suggest.verify import CannotSuggestError, verified
from gatid_compiler.timescape.suggest.write import text
from gatid_dsl.diagnostic import Severity
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from gatid_compiler.plan import Release
    from gatid_compiler.timescape.lock.model import Facts
    from gatid_compiler.timescape.suggest.tree import Tree

_COUNTED = re.compile(r"(.*?)(\d+)([^0-9]*)")


def suggested(
    tree: Tree, base: int, facts: Facts, today: date, *, tag: str | None = None
) -> Suggestion:
    """What the version after the release `base` has to say, whose clients saw what `facts` are.

    Where there is none, one is declared: with the `tag`, as of `today` or the day after the
    release.

    Raises:
        CannotSuggestError: what the files say of that version already is refused.
    """
    label = tree.releases[base].label
    declares = ""
    if base + 1 < len(tree.releases):
        tag = next(iter(tree.releases[base + 1].tags), None)
        if tag is None:
            day = tree.releases[base + 1].date
            raise CannotSuggestError(f"give the version `{day}` a tag: a change names it")
    else:
        taken = {each for release in tree.releases for each in release.tags}
        tag = tag or _next_tag(tree.releases[base], taken)
        declares = f"version {_next_day(tree.releases[base], today)} as {tag}"
    empty = Suggestion(label, tag, declares, ())
    late = tree.since(base)
    report = Report()
    past = late.tried(Source("suggested", declares), first=False).derived(report)
    if past is None:
        raise CannotSuggestError(report.sorted([])[0].message)
    history = past.derived.history
    state = history.states[history.releases[0]]
    found = blocks(released(facts), state, past.derived.standings[0])
    whole = replace(empty, blocks=found.blocks, remarks=found.remarks)
    tried = verified(late, facts, whole, found.expected)
    if not tried.exact and late.changes:
        before = verified(late, facts, replace(whole, first=True), found.expected)
        tried = before if len(before.differing) < len(tried.differing) else tried
    if not tried.exact:
        return offered(late, facts, tried)
    if base == 0:
        return tried
    return replace(tried, broken=_broken(tree, tried))


def _broken(tree: Tree, suggestion: Suggestion) -> tuple[str, ...]:
    """What is refused of all versions with the suggestion, and by the lock where there is one."""
    report = Report()
    past = tree.tried(Source("suggested", text(suggestion)), first=suggestion.first).derived(report)
    if past is not None and (tree.entry.parent / FILE).is_file():
        judge(tree.entry, past, report)
    return tuple(d.message for d in report.sorted([]) if d.severity is Severity.ERROR)


def _next_tag(release: Release, taken: set[str]) -> str:
    """The tag that counts on, such as `v3` after `v2`."""
    for tag in release.tags:
        counted = _COUNTED.fullmatch(tag)
        if counted:
            number = int(counted[2]) + 1
            while f"{counted[1]}{number}{counted[3]}" in taken:
                number += 1
            return f"{counted[1]}{number}{counted[3]}"
    return next(tag for n in range(len(taken) + 1) if (tag := f"next{n or ''}") not in taken)


def _next_day(release: Release, today: date) -> str:
    """Today, or the first day after the release."""
    if (moment(today.isoformat()) or 0) > release.unix:
        return today.isoformat()
    return (date.fromisoformat(release.date[:10]) + timedelta(days=1)).isoformat()
