"""`make soak`: a million requests to handlers that misbehave, at random.

The mix is that of the suite, with 500 requests in flight. Every answer is checked, and every
cleanup, compensation and leaked task is counted. `REQUESTS=n` asks for another number,
`SECONDS=n` ends after that time. Prints counts; exits 1 when one is wrong.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.gatid.lifecycle.misbehaving import Mix

if TYPE_CHECKING:
    from collections.abc import Iterator


def until(end: float, numbers: Iterator[int], most: int) -> Iterator[int]:
    """Numbers as long as there is time, and not more than so many."""
    for number in itertools.islice(numbers, most):
        if time.monotonic() >= end:
            return
        yield number


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=1_000_000)
    arguments.add_argument("--seconds", type=float, default=float("inf"))
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    options = arguments.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory() as base:
        mix = Mix(Path(base), options.seed)
        numbers = itertools.count()
        uvloop.run(mix.run(until(time.monotonic() + 1, numbers, options.requests), 500))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        left = options.requests - sum(mix.asked.values())
        uvloop.run(mix.run(until(time.monotonic() + options.seconds, numbers, left), 500))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        faults = mix.faults()
        mix.close()
    total = sum(mix.asked.values())
    for name, count in mix.asked.most_common():
        print(f"{count:10} {name}")
    print(f"{total:10} requests, {len(faults)} wrong; {before >> 10} MiB after a second, most")
    print(f"{'':10} of all {after >> 10} MiB")
    for fault in faults[:20]:
        print(fault)
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
