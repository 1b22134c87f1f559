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

_NAMED = 3
"""So many of the routes that share a type are named to people."""


def render_text(changes: Sequence[Change]) -> str:
    """Two or three lines a change, what breaks first, and a line that counts them."""
    lines: list[str] = []
    for change in in_order(changes):
        where = " ".join(part for part in (_whose(change), _where(change)) if part)
        lines.append(f"{change.verdict}  {change.rule}  {where}".rstrip())
        lines.append(f"    {change.sentence}")
        if len(change.routes) > 1:
            lines.append(f"    {_reached(change)}")
        if change.witness is not None:
            lines.append(f"    {shown_by(change)}: {_json(change.witness.value)}")
        if change.reason is not None:
            lines.append(f"    not decided: {change.reason}")
    lines.append(summary(changes))
    return "\n".join(lines) + "\n"


def render_json(changes: Sequence[Change]) -> str:
    """One object: the verdict on all, how many there are of each, and the changes.

    A change has `rule direction verdict route part status pointer sentence`, `null` where there
    is none, a `reason` if its verdict is unknown, and a `witness` if there is one. `routes` has
    all routes that a change of one type reaches; the rest is told as it is in the first of them.
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
            if len(change.routes) > 1:
                said += f"; {_reached(change)}"
            if change.witness is not None:
                said += f"; {shown_by(change)}: {_code(_json(change.witness.value))}"
            if change.reason is not None:
                said += f"; not decided: {change.reason}"
            cells = (_whose(change), _where(change), f"`{change.rule}`", said)
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
    by = f" by {change.route} {_message(change)}" if len(change.routes) > 1 else ""
    if change.part in ("answer", "answer-headers"):
        return f"answered now, never before{',' if by else ''}{by}"
    return "locked out now" if change.part is None else f"taken before, refused now{by}"


def _whose(change: Change) -> str:
    """The route, or the type where several routes share it."""
    if change.shared is not None and len(change.routes) > 1:
        return f"type {change.shared.type}"
    return change.route or ""


def _where(change: Change) -> str:
    if change.shared is not None and len(change.routes) > 1:
        return change.shared.pointer
    return " ".join(part for part in (_message(change), change.pointer) if part)


def _message(change: Change) -> str:
    parts = [change.part or "", "" if change.status is None else str(change.status)]
    return " ".join(part for part in parts if part)


def _reached(change: Change) -> str:
    """`reached by 12 routes: get, list, find and 9 more`."""
    count = len(change.routes)
    shown = ", ".join(change.routes[:_NAMED])
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    return f"reached by {count} routes: {shown}{more}"


def _data(change: Change) -> dict[str, Any]:
    made: dict[str, Any] = {
        "rule": change.rule,
        "direction": change.direction,
        "verdict": change.verdict,
        "route": change.route,
        "routes": list(change.routes),
        "part": change.part,
        "status": change.status,
        "pointer": change.pointer,
        "sentence": change.sentence,
    }
    if change.shared is not None:
        made["type"] = change.shared.type
        made["type_pointer"] = change.shared.pointer
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
