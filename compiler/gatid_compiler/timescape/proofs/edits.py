"""The smallest edit of an operation with which its transform is proved, if one is found.

A few other old types are put in the place of the one written, and everything is derived and
judged again with each. What is shown was proved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatid_compiler.passes.report import Report
from gatid_compiler.timescape.lenses.moments import FIRST_SECOND, LAST_SECOND
from gatid_compiler.timescape.proofs.judge import Judge
from gatid_compiler.timescape.proofs.verdict import Refuted, Unknown
from gatid_dsl import syntax
from gatid_dsl.parse import parse
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gatid_compiler.timescape.derive import Derived
    from gatid_compiler.timescape.proofs.hops import Proof
    from gatid_compiler.timescape.proofs.verdict import Verdict
    from gatid_dsl.source import Span

_BLOCKS = (
    syntax.Change,
    syntax.TypeChange,
    syntax.RouteChange,
    syntax.Each,
    syntax.In,
    syntax.When,
)


def edit(
    proof: Proof,
    span: Span,
    changes: Sequence[syntax.Change],
    derive: Callable[[Sequence[syntax.Change], Report], Derived],
) -> str | None:
    """The operation at the span as it would be proved for the message of a proof."""
    found = next((op for change in changes for op in _operations(change, span)), None)
    if found is None:
        return None
    for text in _candidates(found):
        made = _read(text)
        if made is None:
            continue
        report = Report()
        derived = derive([_swapped(change, found, made) for change in changes], report)
        if report.has_errors:
            continue
        low, high = derived.history.releases[proof.release - 1 : proof.release + 1]
        ends = (low, high) if proof.status is None else (high, low)
        if _holds(Judge(derived.history).hop(proof.key, *ends), made):
            return text
    return None


def _holds(verdict: Verdict, op: syntax.Operation) -> bool:
    """Whether nothing is in doubt of an operation: of what is not proved others are the cause."""
    if isinstance(verdict, Refuted | Unknown):
        return bool(verdict.doubts) and all(doubt.span != op.span for doubt in verdict.doubts)
    return True


def _operations(node: Any, span: Span) -> Iterator[syntax.Convert | syntax.Split]:
    if isinstance(node, tuple):
        for part in node:
            yield from _operations(part, span)
    elif isinstance(node, syntax.Convert | syntax.Split) and node.span == span:
        yield node
    elif isinstance(node, _BLOCKS):
        yield from _operations(node.body, span)


def _candidates(op: syntax.Convert | syntax.Split) -> Iterator[str]:
    """The operation with another old type, the widest first."""
    old = op.type if isinstance(op, syntax.Split) else op.old
    whole, start = op.span.text, old.span.start - op.span.start
    end = old.span.end - op.span.start
    for t in _others(op):
        yield f"{whole[:start]}{t}{whole[end:]}"


def _others(op: syntax.Convert | syntax.Split) -> Iterator[str]:
    if isinstance(op, syntax.Split):
        cut = op.separator.value
        if len(cut) == 1 and cut not in "\\]^-'":
            part = f"[^{cut}]+"
            yield f"string(pattern '{cut.join([part] * len(op.targets))}')"
        return
    unit = getattr(op.argument, "text", None)
    match op.how.text:
        case "text":
            yield from (f"string(pattern '-?[0-9]{{1,{n}}}')" for n in (18,))
            yield from (f"string(pattern '[0-9]{{1,{n}}}')" for n in (18, 9, 4, 3, 2, 1))
            yield '"true" | "false"'
        case "epoch" if unit in ("s", "ms"):
            # Any moment is an `int`; which of them are moments is a range.
            per = 1 if unit == "s" else 1000
            whole = f"int({FIRST_SECOND * per}..{LAST_SECOND * per + per - 1})"
            yield from (whole, "int", f"int(0..{LAST_SECOND * per + per - 1})")
        case "scale":
            yield from (f"int(0..{10**n})" for n in (15, 12, 9, 6, 3))
            yield from (f"number(0..{10**n})" for n in (15, 9, 3))
        case _:
            return


def _read(text: str) -> syntax.Operation | None:
    parsed = parse(Source("an edit", f"change v {{\n  type T {{\n    {text}\n  }}\n}}\n"))
    if parsed.diagnostics:
        return None
    change = parsed.file.declarations[0]
    block = change.body[0] if isinstance(change, syntax.Change) else None
    op = block.body[0] if isinstance(block, syntax.TypeChange) else None
    return op if isinstance(op, syntax.Convert | syntax.Split) else None


def _swapped(node: Any, old: syntax.Operation, new: syntax.Operation) -> Any:
    """The node with one operation in the place of another."""
    if node is old:
        return new
    if isinstance(node, tuple):
        parts = tuple(_swapped(part, old, new) for part in node)
        return parts if any(a is not b for a, b in zip(parts, node, strict=True)) else node
    if isinstance(node, _BLOCKS):
        body: Any = _swapped(node.body, old, new)
        return node if body is node.body else replace(node, body=body)
    return node
