"""`make bench`: what comparing types costs. Each figure is the least CPU time of some rounds."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import Schema, compare, parse
from gatid_compiler.gtypes.fingerprint import Fingerprints

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (
    "int(0..100)", "string(1..80)", "DateTime", "number(0..) | null", "string(1..10)[..5]",
    '"a" | "b" | "c"', "{ x: int, y?: number }", "Uuid", "bool",
    r"string(pattern '[A-Z]{3}-\d{4}')",
)  # fmt: skip
ROUTES = 1000
CONTRACTS = 3


def main() -> None:
    wide, wider, narrow = record(100), record(100, "extra?: int"), record(100, narrowed=50)
    before, after, changed = tagged(50), tagged(51), tagged(50, narrowed=25)
    report("100 fields, proved", 5, lambda: compare(wide, wider))
    report("100 fields, refuted with a witness", 5, lambda: compare(wide, narrow))
    report("50 tagged branches, proved", 100, lambda: compare(before, after))
    report("50 tagged branches, refuted", 100, lambda: compare(before, changed))
    report("51 tagged branches, refuted", 100, lambda: compare(after, before))
    contracts = [history(number) for number in range(ROUTES)]
    report(f"{ROUTES} routes of {CONTRACTS} contracts", 10_000, lambda: each(contracts), 1)
    prints = [[Fingerprints(s.defs) for s in states] for states in contracts]
    first(contracts, prints)
    report("the same, nothing changed", 1000, lambda: first(contracts, prints), 3)


def report(name: str, goal: int, work: Callable[[], object], rounds: int = 7) -> None:
    """The milliseconds that the work takes, beside those that it may take."""
    took = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    print(f"{name:42}{1000 * min(took):10.1f} ms   (at most {goal})")


def record(size: int, *more: str, narrowed: int | None = None) -> Schema:
    """An object with fields of all kinds, every third one optional."""
    fields = [
        f"f{n}{'?' if n % 3 == 0 else ''}: {'int(1..50)' if n == narrowed else KINDS[n % 10]}"
        for n in range(size)
    ]
    return parse("{ " + ", ".join([*fields, *more]) + " }")


def tagged(size: int, narrowed: int | None = None) -> Schema:
    """A union of objects told apart by their kind."""
    branches = (
        f'{{ kind: "k{n}", a: int({1 if n == narrowed else 0}..), '
        + ", ".join(f"c{n}_{k}: string(..{k + 1})" for k in range(6))
        + " }"
        for n in range(size)
    )
    return parse(" | ".join(branches))


def history(number: int) -> list[Schema]:
    """The request of one route as it was in each of its contracts."""
    line = "{ sku: string(pattern '[A-Z]{3}-\\d{4}'), quantity: int(1..99), gift?: bool }"
    base = f"id{number}: Uuid, lines: {line}[1..50], note?: string(..500), at: DateTime"
    return [
        parse(f"{{ {base}, total: int(0..), status: {status} }}")
        for status in ('"new"', '"new" | "paid"', '"new" | "paid" | "lost" | null')
    ]


def each(contracts: list[list[Schema]]) -> None:
    """All neighbours, both ways."""
    for states in contracts:
        for old, new in pairwise(states):
            compare(old, new)
            compare(new, old)


def first(contracts: list[list[Schema]], prints: list[list[Fingerprints]]) -> None:
    """Fingerprints of what was seen before."""
    for states, known in zip(contracts, prints, strict=True):
        for state, one in zip(states, known, strict=True):
            one.of(state.root)


if __name__ == "__main__":
    main()
