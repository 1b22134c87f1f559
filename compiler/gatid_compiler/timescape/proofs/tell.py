"""What a check says of proofs: refuted ones with their witness, unknown ones with the reason."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from gatid_compiler.timescape import codes
from gatid_compiler.timescape.proofs.messages import answered, carried, place, sent
from gatid_compiler.timescape.proofs.verdict import Refuted, Unknown, Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gatid_compiler import plan
    from gatid_compiler.passes.report import Report
    from gatid_compiler.timescape.derive import Derived
    from gatid_compiler.timescape.lenses.model import Doubt
    from gatid_compiler.timescape.proofs.hops import Proof
    from gatid_dsl.diagnostic import Diagnostic
    from gatid_dsl.source import Span


_EDITED = 3
"""For so many operations an edit is looked for: each is derived anew."""

_NAMED = 5
"""So many messages are named; of more, how many there are."""


def tell(
    proofs: Sequence[Proof],
    derived: Derived,
    releases: Sequence[plan.Release],
    report: Report,
    edited: Callable[[Span, Sequence[Proof]], str | None] | None = None,
) -> None:
    """Reports what is not proved, each cause once: at the operation it comes from."""
    refuted: dict[tuple[Span, bool], list[tuple[Proof, Witness]]] = {}
    doubted: dict[tuple[Span, bool, str], list[Proof]] = {}
    for proof in proofs:
        request = proof.status is None
        match proof.verdict:
            case Refuted(witnesses=witnesses, doubts=doubts):
                for witness in witnesses:
                    cause = _cause(proof, witness, doubts, derived)
                    refuted.setdefault((cause, request), []).append((proof, witness))
            case Unknown(reason=reason, doubts=doubts):
                for doubt in doubts:
                    doubted.setdefault((doubt.span, request, doubt.reason), []).append(proof)
                if not doubts:
                    at = _block(proof, derived)
                    doubted.setdefault((at, request, reason), []).append(proof)
            case _:
                pass
    spans = dict.fromkeys([key[0] for key in refuted] + [key[0] for key in doubted])
    found = {
        span: edited(span, proofs) if edited is not None else None
        for span in islice(spans, _EDITED)
    }
    for (span, _), known in refuted.items():
        report.add(_refuted(span, known, derived, releases, found.get(span)))
    for (span, _, reason), unsure in doubted.items():
        report.add(_unproved(span, unsure, reason, derived, releases, found.get(span)))


def _unproved(
    span: Span,
    unsure: Sequence[Proof],
    reason: str,
    derived: Derived,
    releases: Sequence[plan.Release],
    edited: str | None,
) -> Diagnostic:
    proof = unsure[0]
    since = f"since `{releases[proof.release].label}`"
    if proof.status is None:
        message = f"what older clients send to `{proof.route}` {since} is checked at run time"
        checked = "a request that fails is answered with 422 and the place in what was sent"
    else:
        message = f"what `{proof.route}` answers older clients {since} is checked at run time"
        checked = "an answer that fails is not sent: they get a 502, and the log says where"
    reached: dict[str, dict[str, None]] = {}
    for each in unsure:
        names = reached.setdefault(_clients(each, derived, releases), {})
        names[f"`{each.name}`"] = None
    told = "; ".join(f"{_some(list(names))} for clients of {of}" for of, names in reached.items())
    return codes.UNPROVED.at(
        span,
        f"{message}: {reason}",
        help=f"this is proved: {edited}" if edited else "narrow the type, or accept it",
        notes=(f"this is of {told}", checked),
    )


def _clients(proof: Proof, derived: Derived, releases: Sequence[plan.Release]) -> str:
    """The versions whose clients' messages go over the hop."""
    first = last = proof.release - 1
    while first > 0 and proof.route in derived.carried(first):
        first -= 1
    newest = f"`{releases[last].label}`"
    return newest if first == last else f"`{releases[first].label}` up to {newest}"


def _some(names: list[str]) -> str:
    """The first of the names, and how many more there are."""
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _refuted(
    span: Span,
    known: Sequence[tuple[Proof, Witness]],
    derived: Derived,
    releases: Sequence[plan.Release],
    edited: str | None,
) -> Diagnostic:
    proof, witness = known[0]
    since = f"since `{releases[proof.release].label}`"
    message = (
        f"what older clients send to `{proof.route}` is not always what it takes {since}"
        if proof.status is None
        else f"what `{proof.route}` answers {since} is not always what older clients expect"
    )
    notes = list(sentences(proof, witness, derived, releases))
    others = dict.fromkeys(other.name for other, _ in known if other.name != proof.name)
    if others:
        notes.append(f"the same is true of {_some([f'`{name}`' for name in others])}")
    operation = span.text.strip().splitlines()[0].rstrip(" {")
    return codes.REFUTED.at(
        span,
        message,
        help=f"this is proved: {edited}"
        if edited
        else f"`{operation}` must give what is expected there for every message",
        notes=tuple(notes),
    )


def sentences(
    proof: Proof, witness: Witness, derived: Derived, releases: Sequence[plan.Release]
) -> Iterator[str]:
    """A witness in words: what goes in, what comes out, and what is wrong with that."""
    before = releases[proof.release - 1].label
    if proof.status is None:
        standing = derived.standings[proof.release - 1][proof.route]
        yield f"a client of `{before}` sends {sent(standing, witness.given)}"
        yield f"it would become {carried(witness.made, witness.faults)}"
    else:
        yield f"`{proof.route}` answers {answered(proof.status, witness.given)}"
        yield f"a client of `{before}` would get {carried(witness.made, witness.faults)}"
    for fault in witness.faults[:3]:
        yield f"{place(fault.pointer)}: {fault.expected} is expected, {fault.found} found"


def _cause(proof: Proof, witness: Witness, doubts: Sequence[Doubt], derived: Derived) -> Span:
    """The operation that gives what is wrong: of several, the one that speaks of the field."""
    named = {token for fault in witness.faults for token in fault.pointer.split("/")[1:]}
    for doubt in doubts:
        words = doubt.span.text.replace(":", " ").replace(",", " ").split()
        if any(part in named for word in words for part in word.split(".")):
            return doubt.span
    return doubts[0].span if doubts else _block(proof, derived)


def _block(proof: Proof, derived: Derived) -> Span:
    """The first block of the hop that changes the message."""
    history = derived.history
    low, high = history.releases[proof.release - 1], history.releases[proof.release]
    key = proof.key
    for index in range(low, high):
        lenses = history.blocks[index].lenses
        if any(inner in lenses for inner in history.reached(key, index)):
            return history.blocks[index].span
    return history.blocks[low].span
