"""Changes as text for people, JSON for programs, and Markdown for pull requests."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from gatid_compiler.breaking.change import worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatid_compiler.breaking.change import Change, Verdict

_ORDER: tuple[Verdict, ...] = ("breaking", "unknown", "compatible")


def render_text(changes: Sequence[Change]) -> str:
    """Two or three lines a change, what breaks first, and a line that counts them."""
    lines: list[str] = []
    for change in in_order(changes):
        where = " ".join(part for part in (change.route or "", _where(change)) if part)
        lines.append(f"{change.verdict}  {change.rule}  {where}".rstrip())
        lines.append(f"    {change.sentence}")
        if change.witness is not None:
            lines.append(f"    {shown_by(change)}: {_json(change.witness.value)}")
        if change.reason is not None:
            lines.append(f"    not decided: {change.reason}")
    lines.append(summary(changes))
    return "\n".join(lines) + "\n"


def render_json(changes: Sequence[Change]) -> str:
    """One object: the verdict on all, how many there are of each, and the changes.

    A change has `rule direction verdict route part status pointer sentence`, `null` where there
    is none, a `reason` if its verdict is unknown, and a `witness` if there is one.
    """
    counts = Counter(change.verdict for change in changes)
    made: dict[str, Any] = {
        "verdict": worst(changes),
        **{verdict: counts[verdict] for verdict in _ORDER},
        "changes": [_data(change) for change in in_order(changes)],
    }
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def render_markdown(changes: Sequence[Change]) -> str:
    """A table for each verdict, what breaks first."""
    parts = [f"**{summary(changes)}**\n"]
    for verdict in _ORDER:
        rows = [change for change in changes if change.verdict == verdict]
        if not rows:
            continue
        parts.append(f"## {verdict.capitalize()}\n")
        parts.append("| route | where | rule | what changed |\n|---|---|---|---|")
        for change in rows:
            said = change.sentence
            if change.witness is not None:
                said += f"; {shown_by(change)}: {_code(_json(change.witness.value))}"
            if change.reason is not None:
                said += f"; not decided: {change.reason}"
            cells = (change.route or "", _where(change), f"`{change.rule}`", said)
            parts.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        parts.append("")
    return "\n".join(parts).rstrip("\n") + "\n"


def in_order(changes: Iterable[Change]) -> list[Change]:
    """What breaks first, then what is not decided; else in the order of the report."""
    return sorted(changes, key=lambda change: _ORDER.index(change.verdict))


def summary(changes: Sequence[Change]) -> str:
    """How many changes there are: `3 changes: 1 breaking, 2 compatible`."""
    if not changes:
        return "nothing changed"
    counts = Counter(change.verdict for change in changes)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts[verdict])
    return f"{len(changes)} change{'' if len(changes) == 1 else 's'}: {told}"


def shown_by(change: Change) -> str:
    """What its witness is an example of."""
    if change.part == "answer":
        return "answered now, never before"
    return "locked out now" if change.part is None else "taken before, refused now"


def _where(change: Change) -> str:
    parts = [change.part or "", "" if change.status is None else str(change.status), change.pointer]
    return " ".join(part for part in parts if part)


def _data(change: Change) -> dict[str, Any]:
    made: dict[str, Any] = {
        "rule": change.rule,
        "direction": change.direction,
        "verdict": change.verdict,
        "route": change.route,
        "part": change.part,
        "status": change.status,
        "pointer": change.pointer,
        "sentence": change.sentence,
    }
    if change.witness is not None:
        made["witness"] = change.witness.value
    if change.reason is not None:
        made["reason"] = change.reason
    return made


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _code(text: str) -> str:
    """Text as code, whatever backticks it has."""
    fence = "`" * (max((len(run) for run in _runs(text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _runs(text: str) -> list[str]:
    return [run for run in "".join(c if c == "`" else " " for c in text).split(" ") if run]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
