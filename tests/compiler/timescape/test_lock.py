"""The lock: what it holds, that it is the same text for the same history, that nothing slips by."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid_compiler import atomic
from gatid_compiler.passes.report import Report
from gatid_compiler.pipeline import compile_project
from gatid_compiler.timescape.lock import text
from gatid_compiler.timescape.lock.facts import Present
from gatid_compiler.timescape.lock.freeze import CannotReleaseError, freeze
from gatid_compiler.timescape.lock.model import Lock
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from gatid_compiler.timescape.lock.past import Past

APP = """app desk {
  auth none
}
version 2025-11-01 as v1
version 2026-03-01 as v2
type Order {
  id:       Uuid   # the number
  customer: string
}
type Page<T> { items: T[] }
route put_order PUT /orders/{id: Uuid} {
  body    Order
  returns 201 Page<Order>
  handler desk:put
}
change v2 {
  type Order { rename name -> customer }
  route put_order { status 200 -> 201 }
}
"""


def _past(folder: Path, source: str = APP) -> Past:
    (folder / "desk.py").write_text("async def put(req, res, gctx, lctx):\n    return None\n")
    (folder / "app.gati").write_text(source)
    result = compile_project(folder / "app.gati")
    assert result.past is not None, result.diagnostics
    return result.past


def _released(past: Past) -> Lock:
    lock = Lock("app.gati")
    for number in range(len(past.releases)):
        lock = freeze(past, lock, number)
    return lock


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Lock:
    return _released(_past(tmp_path_factory.mktemp("desk")))


def test_a_release_holds_what_differs_from_its_parent(lock: Lock) -> None:
    first, second = lock.releases
    assert second.parent == first.hash
    assert [key for key in second.facts if key[0] == "route"] == []
    assert second.facts["status", "put_order.200"].text == "200 -> 201"
    assert second.facts["answer", "put_order.200"].digest == "gone"
    assert second.facts["type", "Order"].text == "{ customer: string, id: Uuid }"
    assert second.facts["change", "0001"].text == "type Order { rename name -> customer }"
    assert second.facts["verdict", "put_order.request"].text == "proved"


def test_what_holds_in_each_release_is_what_was_derived(lock: Lock, tmp_path: Path) -> None:
    past = _past(tmp_path)
    present = Present(past)
    for number, (_, facts, _) in enumerate(lock.held()):
        digests = {key: fact.digest for key, fact in facts.items()}
        now = {**present.facts(number), **present.verdicts(number)}
        assert digests == {key: fact.digest for key, fact in now.items()}


def test_a_fault_is_a_problem_declared_or_not(tmp_path: Path) -> None:
    _store(tmp_path / "gati.lock", _released(_past(tmp_path)))
    said = APP.replace("returns 201 Page<Order>", "returns 201 Page<Order>, 409 Problem")
    _past(tmp_path, said)
    (tmp_path / "app.gati").write_text(said.replace("409 Problem", "409 Order"))
    assert compile_project(tmp_path / "app.gati").past is None
    (tmp_path / "app.gati").write_text(said.replace("409 Problem", "302"))
    assert compile_project(tmp_path / "app.gati").plan is None


LAYOUTS = {
    "comments": (
        APP,
        APP.replace("rename name -> customer", "rename   name  -> customer # once\n"),
    ),
    "order of declarations": (
        APP,
        APP.replace("type Page<T> { items: T[] }\n", "") + "type Page<T> { items: T[] }\n",
    ),
    "order of fields": (
        APP,
        APP.replace("  id:       Uuid   # the number\n", "").replace(
            "customer: string\n", "customer: string\n  id: Uuid\n"
        ),
    ),
    "documentation": (APP, APP.replace("type Order {", "## What is sold.\ntype Order {")),
    "a reason": (APP, APP.replace("change v2 {", 'change v2 "clearer" {')),
    "handlers and policies": (APP, APP.replace("  auth none", "  auth none\n  timeout 2s")),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_clients_cannot_see_is_not_frozen(name: str, tmp_path: Path) -> None:
    one, other = LAYOUTS[name]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert text.write(_released(_past(tmp_path / "a", one))) == text.write(
        _released(_past(tmp_path / "b", other))
    )


def test_the_first_parameter_of_a_route_is_an_addition(tmp_path: Path) -> None:
    """A route that had no query is not one that had an empty query."""
    part = "  body    Order\n"
    before = APP.replace("  route put_order { status 200 -> 201 }\n", "")
    after = before.replace(part, f'{part}  query   {{ dry?: bool }}\n  headers {{ "X-A"?: int }}\n')
    added = 'route put_order { add query.dry?: bool\nadd header."X-A"?: int }'
    after = f"{after}version 2026-09-01 as v3\nchange v3 {{ {added} }}\n"
    now = Present(_past(tmp_path, after)).facts(1)
    then = Present(_past(tmp_path, before)).facts(1)
    assert {key for key in now if key[0] == "part"} == {key for key in then if key[0] == "part"}


def test_text_is_read_as_it_was_written(lock: Lock) -> None:
    written = text.write(lock)
    assert "/tmp" not in written
    assert _read(written) == lock
    assert _read(written.replace("\n", "\r\n")) == lock


def test_facts_stand_in_order(lock: Lock) -> None:
    for release in text.write(lock).split("\n\n")[1:]:
        lines = [line[9:] for line in release.splitlines()[2:-1]]
        assert lines == sorted(lines)


@given(st.data())
def test_no_edit_passes_unseen(lock: Lock, data: st.DataObject) -> None:
    """One character more, less or other, anywhere that says something, is refused."""
    written = text.write(lock)
    start = written.index("release v1")
    at = data.draw(st.integers(start, len(written) - 2))
    new = data.draw(st.sampled_from(["", "x", "0", " x", "\n"]))
    edited = written[:at] + new + written[at + 1 :]
    if [line.strip() for line in edited.split("\n") if line.strip()] == [
        line.strip() for line in written.split("\n") if line.strip()
    ]:
        return
    assert _read(edited) in (None, lock)
    if _read(edited) == lock:
        # Only what ends the head lines or fills them may be read alike: blanks between words.
        assert edited.split() == written.split()


@given(st.data())
def test_a_torn_lock_is_refused_or_is_an_older_one(lock: Lock, data: st.DataObject) -> None:
    written = text.write(lock)
    cut = data.draw(st.integers(0, len(written)))
    found = _read(written[:cut])
    assert found is None or found.releases == lock.releases[: len(found.releases)]


def test_releases_are_made_in_order_and_once(tmp_path: Path) -> None:
    past = _past(tmp_path)
    empty = Lock("app.gati")
    with pytest.raises(CannotReleaseError, match="`v2` comes after `v1`"):
        freeze(past, empty, 1)
    with pytest.raises(CannotReleaseError, match="released already"):
        freeze(past, freeze(past, empty, 0), 0)


def test_a_lock_is_replaced_whole(lock: Lock, tmp_path: Path) -> None:
    path = tmp_path / "gati.lock"
    path.write_text("old")
    _store(path, lock)
    assert path.read_text() == text.write(lock)
    assert os.listdir(tmp_path) == ["gati.lock"]  # noqa: PTH208


def _store(path: Path, lock: Lock) -> None:
    atomic.write(path, text.write(lock).encode(), 0o644)


def _read(written: str) -> Lock | None:
    return text.read(Source("gati.lock", written), Report())


CARRIED = """app desk {
  auth none
}
version 2025-11-01 as v1
version 2026-03-01 as v2
type Order { total: { cents: int } }
route put_order PUT /order {
  body    Order
  returns 200 Order
  handler desk:put
}
change v2 { type Order { was { total: string } via old:up, old:down } }
"""

OLD = """import decimal  # exact
FACTORS = {}
FACTORS["eur"] = 100

def up(value):
    return {"total": {"cents": cents(value["total"])}}

down = lambda value: {"total": str(value["total"]["cents"])}

def cents(text):
    # in euros
    return int(decimal.Decimal(text) * FACTORS["eur"])

def other():
    return 1
"""


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("# in euros", "# in cents\n", ()),
        ("  # exact", "", ()),
        ("return 1", "return cents('1')", ()),
        ("int(decimal", "round(decimal", ("old:up",)),
        ("] = 100", "] = 10", ("old:up",)),
        ("import decimal", "import fractions as decimal", ("old:up",)),
        ('str(value["total"]', 'repr(value["total"]', ("old:down",)),
    ],
)
def test_functions_that_carry_stay_as_they_were_released(
    tmp_path: Path, old: str, new: str, named: tuple[str, ...]
) -> None:
    (tmp_path / "old.py").write_text(OLD)
    lock = _released(_past(tmp_path, CARRIED))
    assert {fact.text for _, fact in lock.releases[1].facts.items() if fact.kind == "verdict"} == {
        "validated"
    }
    (tmp_path / "gati.lock").write_text(text.write(lock))
    assert not compile_project(tmp_path / "app.gati").diagnostics
    assert old in OLD
    (tmp_path / "old.py").write_text(OLD.replace(old, new))
    found = compile_project(tmp_path / "app.gati").diagnostics
    assert [d.message.split("`")[1] for d in found] == list(named)
