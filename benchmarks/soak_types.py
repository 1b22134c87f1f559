"""`make soak-gtypes SECONDS=60`: the validator, the interpreter and `compare` against each other
on random types and values, until the time is up. Prints counts; exits 1 after a disagreement.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from gatid_compiler.gtypes import Invalid, Schema, compare, fingerprint, member, validator
from gatid_compiler.gtypes.text import show
from tests.compiler.gtypes.inhabit import Members, draw_near_miss, schemas
from tests.compiler.gtypes.test_subtype import pairs

BATCH = 200


class Soak:
    """Counts of what was asked, and all that went wrong."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.wrong: list[str] = []

    def judge(self, schema: Schema, value: object) -> None:
        """The validator takes exactly what the interpreter takes, from data and from text."""
        expected = member(value, schema)
        self.counts["values in" if expected else "values out"] += 1
        check = validator(schema, depth=200)
        if check.accepts(value) is not expected:
            self.fault("data", schema, value)
        try:
            check.json(json.dumps(value).encode())
            taken = True
        except Invalid:
            taken = False
        if taken is not expected:
            self.fault("text", schema, value)

    def compare(self, one: Schema, other: Schema, values: list[object]) -> None:
        """No verdict is against a value that is known."""
        verdict = compare(one, other)
        self.counts[verdict.kind] += 1
        if verdict.kind == "unknown":
            self.reasons[verdict.reason or ""] += 1
        if fingerprint(one) == fingerprint(other) and verdict.kind != "proved":
            self.fault("equal fingerprints", one, verdict.witness)
        if verdict.kind == "refuted":
            values = [verdict.witness]
        broken = [v for v in values if member(v, one) and not member(v, other)]
        if bool(broken) if verdict.kind == "proved" else verdict.kind == "refuted" and not broken:
            self.fault(f"{verdict.kind} against {show(other.root)}", one, values)

    def fault(self, what: str, schema: Schema, value: object) -> None:
        """Remembers and says it."""
        self.wrong.append(what)
        defs = {name: show(t) for name, t in schema.defs.items()}
        print(f"WRONG ({what}): {show(schema.root)} where {defs}: {value!r}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("seconds", type=float, nargs="?", default=60)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = arguments.parse_args()
    soak, end = Soak(), time.monotonic() + options.seconds
    print(f"seed {options.seed}, {options.seconds:g} s")
    number = options.seed
    while time.monotonic() < end:
        batch(soak, number, end)
        number += 1
    for name, count in sorted(soak.counts.items()):
        print(f"{name:12}{count:10}")
    for reason, count in soak.reasons.most_common():
        print(f"  unknown: {reason}: {count}")
    print(f"{'wrong':12}{len(soak.wrong):10}")
    raise SystemExit(1 if soak.wrong else 0)


def batch(soak: Soak, number: int, end: float) -> None:
    """So many random types, from one seed."""

    @seed(number)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schemas(), pairs(), st.data())
    def run(schema: Schema, pair: tuple[Schema, Schema, list[object]], data: st.DataObject) -> None:
        if time.monotonic() >= end:
            return
        soak.counts["types"] += 1
        values = [Members(schema).draw(data.draw, schema.root) for _ in range(2)]
        for value in [*values, *(draw_near_miss(data.draw, v) for v in values)]:
            soak.judge(schema, value)
        soak.compare(*pair)

    run()


if __name__ == "__main__":
    main()
