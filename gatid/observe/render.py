"""The pages of all workers as Prometheus text exposition, format 0.0.4."""

from __future__ import annotations

import math
from importlib.metadata import version
from typing import TYPE_CHECKING

import orjson

from gatid.observe.families import FAMILIES, VALUES, WORKER_GENERATION, Family
from gatid.observe.pages import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gatid.observe.pages import MeterPages

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]
_Cells = list[float]
_Series = dict[Labels, _Cells]

_TYPES = {Kind.COUNTER: "counter", Kind.HISTOGRAM: "histogram"}


def render(pages: MeterPages) -> bytes:
    """All series of all workers, merged. Any process that shares the pages may call this."""
    merged = _merge(pages)
    lines: list[str] = []
    lines += _head("gatid_build_info", "gauge", "The version of gatid.")
    lines.append(_sample("gatid_build_info", (("version", version("gatid")),), 1.0))
    generations = merged.get((Kind.WORKER, WORKER_GENERATION.name), {})
    newest = max((cells[0] for cells in generations.values()), default=0.0)
    lines += _head("gatid_generation", "gauge", "The newest generation that a worker serves.")
    lines.append(_sample("gatid_generation", (), newest))
    for family in FAMILIES:
        lines += _family(family, merged.pop((family.kind, family.name), {}))
    exported: set[str] = set()
    for (kind, name), series in sorted(merged.items()):
        # Two workers may have been told different kinds of one name; the first one is shown.
        full = _exported_name(kind, name)
        if full not in exported:
            exported.add(full)
            lines += _family(Family(name, kind, "", VALUES), series)
    return ("\n".join(lines) + "\n").encode()


def _merge(pages: MeterPages) -> dict[tuple[Kind, str], _Series]:
    merged: dict[tuple[Kind, str], _Series] = {}
    for worker in range(pages.workers):
        cells = pages.cells(worker)
        for record in pages.records(worker):
            if not record.key:
                continue
            name, pairs = orjson.loads(record.key)
            labels = tuple((str(key), str(value)) for key, value in pairs)
            series = merged.setdefault((record.kind, str(name)), {})
            values = list(cells[record.start : record.start + record.cells])
            known = series.get(labels)
            series[labels] = values if known is None else _MERGE[record.kind](known, values)
    return merged


def _sum(left: _Cells, right: _Cells) -> _Cells:
    return [a + b for a, b in zip(left, right, strict=True)]


def _last_set(left: _Cells, right: _Cells) -> _Cells:
    return max(left, right, key=lambda cells: cells[1])


_MERGE: Mapping[Kind, Callable[[_Cells, _Cells], _Cells]] = {
    Kind.COUNTER: _sum,
    Kind.HISTOGRAM: _sum,
    Kind.LEVEL: _sum,
    Kind.WORKER: _sum,
    Kind.GAUGE: _last_set,
}


def _family(family: Family, series: _Series) -> Iterator[str]:
    name = _exported_name(family.kind, family.name)
    yield from _head(name, _TYPES.get(family.kind, "gauge"), family.help)
    for labels, cells in sorted(series.items()):
        if family.kind is Kind.HISTOGRAM:
            yield from _histogram(name, labels, cells, family.bounds)
        else:
            yield _sample(name, labels, cells[0])


def _histogram(
    name: str, labels: Labels, cells: _Cells, bounds: tuple[float, ...]
) -> Iterator[str]:
    count = 0.0
    for bound, observed in zip((*bounds, math.inf), cells[:-1], strict=True):
        count += observed
        yield _sample(f"{name}_bucket", (*labels, ("le", _number(bound))), count)
    yield _sample(f"{name}_sum", labels, cells[-1])
    yield _sample(f"{name}_count", labels, count)


def _exported_name(kind: Kind, name: str) -> str:
    return f"{name}_total" if kind is Kind.COUNTER else name


def _head(name: str, kind: str, help: str) -> Iterator[str]:
    if help:
        yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def _sample(name: str, labels: Labels, value: float) -> str:
    if not labels:
        return f"{name} {_number(value)}"
    inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels)
    return f"{name}{{{inside}}} {_number(value)}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
