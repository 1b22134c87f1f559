"""What is suggested compiles, and where it claims to be exact it derives what was released.

Golden cases: `suggest_cases/NAME/before.gati` was released, `after.gati` is the tree now, and
`expected.txt` the change that is suggested. `GATID_UPDATE_CASES=1` writes it anew; read the
difference before you keep it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.fingerprint import Fingerprints
from gatid_compiler.passes.report import Report
from gatid_compiler.timescape.lock.facts import Present
from gatid_compiler.timescape.suggest.offered import by_hand
from gatid_compiler.timescape.suggest.suggest import suggested
from gatid_compiler.timescape.suggest.tree import read
from gatid_compiler.timescape.suggest.write import text
from gatid_dsl.diagnostic import Severity
from gatid_dsl.render import render_text
from tests.compiler.timescape.histories import heads, histories

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.timescape.lock.model import Facts
    from gatid_compiler.timescape.suggest.model import Suggestion

CASES = sorted(Path(__file__).with_name("suggest_cases").iterdir())
TODAY = date(2026, 9, 15)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, tmp_path: Path) -> None:
    facts = _facts((case / "before.gati").read_text(encoding="utf-8"), -1, tmp_path)
    now = (case / "after.gati").read_text(encoding="utf-8")
    found = _suggested(now, facts, tmp_path)
    said = _said(found)
    expected = case / "expected.txt"
    if os.environ.get("GATID_UPDATE_CASES") == "1":
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    _judge(found, now, facts, tmp_path)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_histories_are_found_again(data: st.DataObject) -> None:
    project, declared = data.draw(histories(most=2)), data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        changes = [change.span.text for change in project.changes]
        head = f"app test {{}}\n{project.source.text}"
        base = len(project.releases) - 2
        facts = _facts("\n".join((head, *changes)), base, path)
        newest = next(v for v in head.splitlines() if v.endswith(f" as v{base + 2}"))
        now = head if declared else head.replace(f"{newest}\n", "")
        now = "\n".join((now, *changes[:-1]))
        found = _suggested(now, facts, path)
        event(f"exact: {found.exact}")
        _judge(found, now, facts, path)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(heads(), heads())
def test_any_other_project_is_answered_honestly(one: str, other: str) -> None:
    """Types that have nothing to do with one another, under the same names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        version = "app test {}\nversion 2025-01-01 as v1\n"
        facts = _facts(version + one, -1, path)
        now = version + other
        found = _suggested(now, facts, path)
        event(f"exact: {found.exact}")
        _judge(found, now, facts, path)


def test_a_ring_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twice as many types in a ring, what tells them apart takes four times as long, no more."""
    looks = 0
    by_parts = Fingerprints._by_parts

    def counted(prints: Fingerprints, t: GType) -> str:
        nonlocal looks
        looks += 1
        return by_parts(prints, t)

    monkeypatch.setattr(Fingerprints, "_by_parts", counted)
    took = []
    for size in (15, 30):
        then = _ring(size, "first")
        facts = _facts(then, -1, tmp_path)
        looks = 0
        found = _suggested(then.replace("first:", "second:"), facts, tmp_path)
        assert found.exact
        took.append(looks)
    assert took[1] < 5 * took[0]


def _ring(size: int, name: str) -> str:
    types = (f"type T{i} {{ next?: T{(i + 1) % size} }}" for i in range(1, size))
    return (
        "app test {}\nversion 2026-01-01 as v1\n"
        + "\n".join(types)
        + f"""
type T0 {{ {name}: string, next?: T1 }}
route r POST /r {{
  body    T0
  returns T0
  handler m:r
}}
"""
    )


def _judge(found: Suggestion, now: str, facts: Facts, folder: Path) -> None:
    """What comes out compiles, and is exact where it says so; and so is what may be written by
    hand, where that leaves nothing to do.
    """
    _compiles(found, now, facts, folder)
    other = by_hand(found)
    is_whole = not any(block.has_todo for block in other.blocks)
    if other != found:
        _compiles(replace(other, differing=() if is_whole else ("some",)), now, facts, folder)


def _compiles(found: Suggestion, now: str, facts: Facts, folder: Path) -> None:
    written = f"{text(found)}\n{now}" if found.first else f"{now}\n{text(found)}"
    strict = found.exact and not found.broken
    derived = _facts(written, _base(found, written), folder, strict=strict, block=text(found))
    if found.exact:
        seen = {key for key in (*facts, *derived) if key[0] in ("answer", "part", "route")}
        assert {k: derived.get(k) and derived[k].digest for k in seen} == {
            k: facts.get(k) and facts[k].digest for k in seen
        }


def _said(found: Suggestion) -> str:
    lines = [text(found)]
    for block in found.blocks:
        lines.append(f"{block.owner}: {(found.verdicts or {})[block.owner]}\n")
    lines.append("exact\n" if found.exact else f"not exact: {', '.join(found.differing)}\n")
    lines += ["stands before what is written\n"] if found.first else []
    lines += [f"refused then: {each}\n" for each in found.broken]
    lines += [f"not proved: {each}\n" for each in found.unproved]
    return "".join(lines)


def _suggested(now: str, facts: Facts, folder: Path) -> Suggestion:
    (folder / "app.gati").write_text(now, encoding="utf-8")
    tree, faults = read(folder / "app.gati")
    assert tree is not None, render_text(faults)
    base = len(tree.releases) - 1
    while ("tag", tree.releases[base].label) not in facts:
        base -= 1
    return suggested(tree, base, facts, TODAY)


def _base(found: Suggestion, written: str) -> int:
    """The number of the release that was compared with."""
    versions = sorted(line for line in written.splitlines() if line.startswith("version "))
    return next(i for i, line in enumerate(versions) if line.endswith(f" as {found.base}"))


def _facts(
    written: str, release: int, folder: Path, *, strict: bool = True, block: str = ""
) -> Facts:
    """The facts of a release of the project, read and derived from its text; nothing is refused
    in a block of it.
    """
    (folder / "written.gati").write_text(written, encoding="utf-8")
    tree, faults = read(folder / "written.gati")
    assert tree is not None, f"{written}\n{render_text(faults)}"
    report = Report()
    if not strict:
        # Older changes may not fit a version that is still to be finished.
        tree = tree.since(release)
        release = 0
    past = tree.derived(report)
    assert past is not None, f"{written}\n{render_text(report.sorted([]))}"
    start = written.index(block) if block else len(written)
    errors = [
        d
        for d in report.sorted([])
        if d.severity is Severity.ERROR and start <= d.span.start < start + len(block)
    ]
    assert not errors, f"{written}\n{render_text(errors)}"
    return Present(past).facts(release if release >= 0 else len(past.releases) - 1)
