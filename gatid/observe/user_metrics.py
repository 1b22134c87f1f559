"""`gctx.metrics`: counters, gauges and histograms of handlers and modules.

They go the way of gatid's own numbers, may be used from any thread, and have a quarter of
the page to themselves; series beyond that are dropped and counted. A metric is exported as
`NAME_total`, `NAME`, or `NAME_bucket`, `NAME_sum` and `NAME_count`.
"""

from __future__ import annotations

import math
import re
import threading
import time
from bisect import bisect_left
from typing import TYPE_CHECKING

from gatid.observe import families
from gatid.observe.families import Family
from gatid.observe.pages import Kind
from gatid.observe.scrub import Scrubber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid.observe.meters import Meters

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_LABELS: Mapping[str, object] = {}
_SUFFIXES = {
    Kind.COUNTER: ("_total",),
    Kind.GAUGE: ("",),
    Kind.HISTOGRAM: ("", "_bucket", "_sum", "_count"),
}
_WORDS = {Kind.COUNTER: "counter", Kind.GAUGE: "gauge", Kind.HISTOGRAM: "histogram"}


class UserMetrics:
    """Raises `ValueError` for a name, label or number that cannot be exported, and never
    because there are too many series.
    """

    def __init__(self, meters: Meters, scrubber: Scrubber | None = None) -> None:
        self._meters = meters
        self._scrubber = Scrubber() if scrubber is None else scrubber
        self._cells = meters.cells
        self._keep = len(meters.cells) * 8 // 4 * 3
        self._found: dict[tuple[Kind, str, tuple[tuple[str, str], ...]], int] = {}
        self._exported: dict[str, Kind] = {}
        # Handlers may run in threads, and adding to a cell is a read and a write.
        self._lock = threading.Lock()

    def counter(self, name: str, n: float = 1, labels: Mapping[str, object] = _NO_LABELS) -> None:
        """Adds `n`, which is finite and not negative, to `NAME_total`."""
        if not (math.isfinite(n) and n >= 0):
            raise ValueError(f"counter `{name}` only grows, by a finite number, not by {n}")
        with self._lock:
            at = self._find(Kind.COUNTER, name.removesuffix("_total"), labels, 1)
            if at is not None:
                self._cells[at] += n

    def gauge(self, name: str, value: float, labels: Mapping[str, object] = _NO_LABELS) -> None:
        """Sets `NAME`; of several workers, the last one that set it is shown."""
        number = float(value)
        with self._lock:
            at = self._find(Kind.GAUGE, name, labels, 2)
            if at is not None:
                self._cells[at] = number
                self._cells[at + 1] = time.monotonic()

    def histogram(self, name: str, value: float, labels: Mapping[str, object] = _NO_LABELS) -> None:
        """Observes a finite `value` in the buckets of `families.VALUES`."""
        if not math.isfinite(value):
            raise ValueError(f"histogram `{name}` takes finite numbers, not {value}")
        bounds = families.VALUES
        with self._lock:
            at = self._find(Kind.HISTOGRAM, name, labels, len(bounds) + 2)
            if at is not None:
                self._cells[at + bisect_left(bounds, value)] += 1.0
                self._cells[at + len(bounds) + 1] += value

    def _find(self, kind: Kind, name: str, labels: Mapping[str, object], cells: int) -> int | None:
        pairs = tuple(sorted((key, str(value)) for key, value in labels.items())) if labels else ()
        found = self._found.get((kind, name, pairs))
        if found is not None:
            return found
        self._check(kind, name, pairs)
        texts = [(key, _encodable(self._scrubber.text(value))) for key, value in pairs]
        record = self._meters.series(Family(name, kind, ""), texts, cells, self._keep)
        if record is None:
            self._meters.dropped.add()
            return None
        self._found[kind, name, pairs] = record.start
        return record.start

    def _check(self, kind: Kind, name: str, pairs: tuple[tuple[str, str], ...]) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"`{name}` is no metric name: letters, digits and `_`, no digit first")
        if any(self._scrubber.holds(word) for word in (name, *(label for label, _ in pairs))):
            raise ValueError("a secret is no name of a metric, and none of a label")
        if name.startswith("gatid_"):
            raise ValueError(f"`{name}` is gatid's own: a metric's name begins with another word")
        for label, _ in pairs:
            if not _NAME.fullmatch(label) or label.startswith("__") or label == "le":
                raise ValueError(f"`{label}` cannot be a label of metric `{name}`")
        exported = [name + suffix for suffix in _SUFFIXES[kind]]
        for full in exported:
            if self._exported.get(full, kind) is not kind:
                raise ValueError(
                    f"`{full}` is exported by a {_WORDS[self._exported[full]]} already,"
                    f" so no {_WORDS[kind]} `{name}` can be: give one of them another name"
                )
        self._exported.update(dict.fromkeys(exported, kind))


def _encodable(text: str) -> str:
    """`text` without lone surrogates, which UTF-8 has no bytes for."""
    return text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text
