"""Releases in the order of their dates, and where contracts begin and end."""

from __future__ import annotations

import pytest

from gatid_compiler.timescape.life import moment
from gatid_compiler.timescape.timeline import tsv
from tests.compiler.timescape.projects import project


def test_releases_are_sorted_and_labelled() -> None:
    read = project(
        "version 2026-03-01 as v2, stable\nversion 2025-11-01\nversion 2026-03-01T09:00:00Z as v3\n"
    )
    assert [(r.unix, r.date, r.label, r.tags) for r in read.releases] == [
        (1761955200, "2025-11-01", "2025-11-01", ()),
        (1772323200, "2026-03-01", "v2", ("v2", "stable")),
        (1772355600, "2026-03-01T09:00:00Z", "v3", ("v3",)),
    ]


@pytest.mark.parametrize(
    ("text", "unix"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-01T01:00Z", 3600),
        ("2026-02-30", None),
        ("2026-02-28T24:00:00Z", None),
        ("1970-01-01T00:00:00+01:00", None),
        ("v1", None),
    ],
)
def test_moments(text: str, unix: int | None) -> None:
    assert moment(text) == unix


def test_ids_of_contracts() -> None:
    assert tsv(1761955200, "get_order", 2) == "tsv:1761955200-get_order-2"


VERSIONS = "version 2025-01-01 as v1\nversion 2025-02-01 as v2\nversion 2025-03-01 as v3\n"
ROUTES = """
type Order { id: int }
type Item { id: int }
route order GET /order { returns Order
  handler m:f }
route item GET /item { returns Item
  handler m:f }
"""


def spans(text: str, route: str) -> list[tuple[str, int, int | None]]:
    contracts = project(VERSIONS + ROUTES + text).contracts(route)
    return [(c.id, c.since, c.until) for c in contracts]


def test_a_contract_begins_only_where_its_types_changed() -> None:
    change = (
        "change v3 { type Order { rename nr -> id } }\nchange v2 { type Item { drop a?: int } }"
    )
    assert spans(change, "order") == [
        ("tsv:1735689600-order-1", 0, 2),
        ("tsv:1740787200-order-2", 2, None),
    ]
    assert spans(change, "item") == [
        ("tsv:1735689600-item-1", 0, 1),
        ("tsv:1738368000-item-2", 1, None),
    ]


def test_a_route_that_was_added_has_no_contract_before() -> None:
    assert spans("change v2 { route order added }", "order") == [
        ("tsv:1738368000-order-1", 1, None)
    ]


def test_a_change_that_changes_nothing_begins_no_contract() -> None:
    change = "change v2 { type Order {\n rename id -> nr\n rename nr -> id\n} }"
    assert spans(change, "order") == [("tsv:1735689600-order-1", 0, None)]


def test_without_versions_there_is_one_contract() -> None:
    (contract,) = project(ROUTES).contracts("order")
    assert (contract.id, contract.since, contract.until) == ("tsv:0-order-1", 0, None)


def test_head_is_what_is_written() -> None:
    read = project(VERSIONS + ROUTES + "change v3 { type Order { rename nr -> id } }")
    contract = read.contracts("order")[-1]
    assert contract.shape == read.routes[0].shape
    assert contract.handler_shape == contract.shape
    assert contract.up is None
    assert contract.down == ()


def test_types_in_generics_are_read_for_each_instance() -> None:
    read = project(
        VERSIONS
        + "type Page<T> { items: T[], best?: T }\n"
        + "route a GET /a { returns Page<int>\n handler m:f }\n"
        + "route b GET /b { returns Page<string>\n handler m:f }\n"
        + "change v2 { type Page {\n add best?: T\n drop worst?: T\n} }"
    )
    types = read.unfolded().types
    assert {f.name for f in types["Page<int>@v1"].fields} == {"items", "worst"}
    assert types["Page<int>@v1"].field("worst").type != types["Page<string>@v1"].field("worst").type


def test_a_query_of_a_named_type_changes_with_the_type() -> None:
    read = project(
        VERSIONS
        + "type Paging { size?: int }\n"
        + "route a GET /a {\n query Paging\n returns int\n handler m:f }\n"
        + "change v2 { type Paging { rename count -> size } }"
    )
    old, new = read.contracts("a")
    assert [f.name for f in old.shape.query.fields] == ["count"]
    assert [f.name for f in new.shape.query.fields] == ["size"]
    assert old.up is not None
    assert old.up.parts == ("query",)
