"""`make soak-timescape`: verdicts on random histories against 100,000 messages that are run.

`MESSAGES=n` asks for another number, `SECONDS=n` for as many as can be run in that time. Hypothesis
writes the histories; chance, from a seed that it draws, their messages, none of a proof twice.
Prints counts; what disagrees or raises anything is told with its history, and the run goes on.
Exits 1 after one, and where messages are missing that were asked for.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from typing import TYPE_CHECKING

from tests.compiler.timescape.histories import histories
from tests.compiler.timescape.members import Rolled
from tests.compiler.timescape.proving import Held

if TYPE_CHECKING:
    from tests.compiler.timescape.projects import Project

MESSAGES = 100_000
LONGEST = 600
"""Seconds, where no others are said."""

BATCH = 20
EACH = 50
"""Messages that every proved transform carries at most."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float)
    arguments.add_argument("--messages", type=int)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = arguments.parse_args()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    wanted: int | None = options.messages
    if wanted is None and options.seconds is None:
        wanted = MESSAGES
    begun = time.monotonic()
    end = begun + (options.seconds or LONGEST)
    print(f"seed {options.seed}, {wanted or 'any number of'} messages, {end - begun:g} s at most")
    number = options.seed

    def is_over() -> bool:
        return time.monotonic() > end or 0 < (wanted or 0) <= counts["messages"]

    def judge(read: Project, chance: int) -> None:
        if is_over():
            return
        try:
            held = Held(read)
            try:
                held.hold(Rolled(random.Random(chance)), EACH)  # noqa: S311 - repeatable, no secret
            finally:
                counts.update(held.counts)
        except Exception:  # noqa: BLE001 - whatever it is, its history is worth more than the run
            wrong.append(traceback.format_exc())
            print(f"WRONG: {wrong[-1]}\n{read.text}\n", flush=True)
        counts["histories"] += 1

    while not is_over():
        run = settings(
            max_examples=BATCH,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(histories(), st.integers(0, 2**64))(judge))
        try:
            seed(number)(run)()
        except Exception:  # noqa: BLE001 - a history that could not even be drawn
            wrong.append(traceback.format_exc())
            print(f"WRONG: no history of seed {number}: {wrong[-1]}\n", flush=True)
        number += 1
    for name, count in sorted(counts.items()):
        print(f"{count:8} {name}")
    print(f"{len(wrong):8} wrong")
    print(f"{time.monotonic() - begun:8.0f} s")
    missing = max(0, (wanted or 0) - counts["messages"])
    if missing:
        print(f"{missing:8} messages are missing")
    sys.exit(1 if wrong or missing else 0)


if __name__ == "__main__":
    main()
