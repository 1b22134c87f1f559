"""Proofs against what happens: every verdict of a history, held to the hop-by-hop interpreter."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.model import Schema
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.gtypes.values import member
from gatid_compiler.timescape.proofs.hops import Proof, prove
from gatid_compiler.timescape.proofs.judge import Judge
from gatid_compiler.timescape.proofs.verdict import Proved, Refuted, word
from tests.compiler.timescape.hops import Hops
from tests.compiler.timescape.members import some
from tests.compiler.timescape.projects import project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.compiler.timescape.members import Choices
    from tests.compiler.timescape.projects import Project

FAILS = (TypeError, ValueError, LookupError, AttributeError, OverflowError)


class Held:
    """A history, its proofs, and counts of what was held to them. Faults are `AssertionError`s."""

    def __init__(self, read: Project) -> None:
        derived = read.derived()
        self._history = derived.history
        self._hops = Hops(derived, read.changes)
        self.proofs = prove(derived, Judge(self._history))
        self.counts: Counter[str] = Counter(word(proof.verdict) for proof in self.proofs)

    def hold(self, choose: Choices, each: int) -> None:
        """Runs messages of every proof: at most `each` that are chosen, none twice, and those
        that are shown.
        """
        for proof in self.proofs:
            start, end = self._ends(proof)
            before = Schema(self._history.states[start][proof.key], self._history.states[start])
            after = Schema(self._history.states[end][proof.key], self._history.states[end])
            match proof.verdict:
                case Proved():
                    validates = validator(after, depth=200).accepts
                    for given in self._chosen(choose, before, each):
                        made = self._carried(proof, given, start, end)
                        assert member(made, after), (proof.name, given, made)
                        assert validates(made), (proof.name, given, made)
                        self.counts["messages"] += 1
                case Refuted(witnesses=witnesses):
                    assert witnesses
                    for witness in witnesses:
                        assert member(witness.given, before), (proof.name, witness.given)
                        self._fails(proof, witness.given, start, end, after)
                        self.counts["witnesses"] += 1
                case _:
                    pass

    def _chosen(self, choose: Choices, of: Schema, most: int) -> Iterator[Any]:
        known: set[str] = set()
        for _ in range(most):
            made = some(choose, of.root, of.defs)
            text = json.dumps(made, sort_keys=True)
            if text not in known:
                known.add(text)
                yield made

    def _ends(self, proof: Proof) -> tuple[int, int]:
        low = self._history.releases[proof.release - 1]
        high = self._history.releases[proof.release]
        return (low, high) if proof.status is None else (high, low)

    def _carried(self, proof: Proof, given: Any, start: int, end: int) -> Any:
        run = self._hops.forward if start <= end else self._hops.backward
        return run(proof.key, given, start, end)

    def _fails(self, proof: Proof, given: Any, start: int, end: int, after: Schema) -> None:
        filled = validator(
            Schema(self._history.states[start][proof.key], self._history.states[start]), depth=200
        )
        asked = filled.python(given) if proof.status is None else given
        try:
            made = self._carried(proof, asked, start, end)
        except FAILS:
            return
        assert not validator(after, depth=200).accepts(made), (proof.name, given, made)


def verdicts(fields: str, operation: str) -> list[str]:
    """What is known of one operation on a type of these fields, sent and answered."""
    text = (
        "version 2025-01-01 as v1\nversion 2025-02-01 as v2\n"
        f"type T {{ {fields} }}\n"
        "route put PUT /t {\n  body T\n  returns T\n  handler m:f\n}\n"
        f"change v2 {{ type T {{ {operation} }} }}\n"
    )
    return [word(proof.verdict) for proof in Held(project(text)).proofs]
