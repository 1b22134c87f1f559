"""`make soak-timescape SECONDS=60`: verdicts on random histories against messages that are run,
until the time is up or 100,000 messages were. Prints counts; exits 1 after a disagreement.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from typing import TYPE_CHECKING

from tests.compiler.timescape.histories import histories
from tests.compiler.timescape.proving import Held

if TYPE_CHECKING:
    from tests.compiler.timescape.projects import Project

BATCH = 20
MESSAGES = 100_000
EACH = 40
"""Messages that every proved transform carries."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("seconds", type=float, nargs="?", default=60)
    arguments.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = arguments.parse_args()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    end = time.monotonic() + options.seconds
    print(f"seed {options.seed}, {options.seconds:g} s")
    number = options.seed

    def judge(read: Project, data: st.DataObject) -> None:
        if time.monotonic() > end or counts["messages"] + counts["witnesses"] >= MESSAGES:
            return
        held = Held(read)
        try:
            held.hold(data, EACH)
        except AssertionError as fault:
            wrong.append(str(fault))
            print(f"WRONG: {fault}\n{read.text}\n")
        counts.update(held.counts)
        counts["histories"] += 1

    while time.monotonic() < end and counts["messages"] + counts["witnesses"] < MESSAGES:
        run = settings(
            max_examples=BATCH,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(histories(), st.data())(judge))
        seed(number)(run)()
        number += 1
    for name, count in sorted(counts.items()):
        print(f"{count:8} {name}")
    print(f"{len(wrong):8} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
