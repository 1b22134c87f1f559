"""`gatid timescape`: what each version was, what changed, what is lost."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.processes import EXAMPLES, gatid

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

SHOP = EXAMPLES / "shop.gati"


def _timescape(*words: str) -> subprocess.CompletedProcess[str]:
    return gatid("timescape", *words, "--project", SHOP)


def _lines(*words: str) -> list[str]:
    ran = _timescape(*words)
    assert ran.returncode == 0, ran.stderr
    return [" ".join(line.split()) for line in ran.stdout.splitlines()]


def test_list_has_a_line_a_version() -> None:
    rows = _timescape("list").stdout.splitlines()[1:]
    assert [row.split()[:2] for row in rows] == [
        ["v1", "2025-11-01"], ["v2", "2026-03-01"], ["v3", "2026-09-15"],
    ]  # fmt: skip
    assert "tsv:1789430400-pay_order-2" in rows[2]
    assert all(" draft " in row for row in rows)


@pytest.mark.parametrize("verb", ["list", "status", "prove", "suggest"])
def test_verbs_of_nothing_else_take_the_project_either_way(verb: str, tmp_path: Path) -> None:
    app = tmp_path / "app.gati"
    app.write_text(
        'app a { listen "127.0.0.1:0" auth none }\n'
        "version 2025-11-01 as v1\nroute ping GET / { handler static 204 }\n"
    )
    in_place = gatid("timescape", verb, app)
    named = gatid("timescape", verb, "--project", tmp_path)
    assert (in_place.returncode, in_place.stdout) == (named.returncode, named.stdout)
    assert "No such" not in in_place.stderr + named.stderr
    twice = gatid("timescape", verb, app, "--project", app)
    assert twice.returncode == 2
    assert "name the project once" in twice.stderr


def test_status_names_the_next_release() -> None:
    assert _lines("status") == [
        "released: nothing",
        "drafts: v1, v2, v3",
        "next: gatid release v1",
    ]


def test_diff_shows_both_shapes_and_the_changes_between() -> None:
    lines = _lines("diff", "v2", "head")
    at = lines.index("type OrderLine")
    assert lines[at + 1 : at + 3] == [
        "- { quantity: int(1..999), sku: Sku }",
        "+ { gift?: bool = false, quantity: int(1..999), sku: Sku }",
    ]
    assert "in v3:" in lines
    assert "in v2:" not in lines
    assert "NewOrder: `coupon` is gone" in lines
    assert "type Sku" not in lines


def test_loss_says_what_each_side_does_not_get() -> None:
    assert _lines("loss", "v1..head")[1:] == [
        "Goods v3 <- price_cents rounded to whole numbers for clients before",
        "Goods v3 -> size where the parts met",
        "Goods v3 <- image all but the first item, for clients before",
        "Goods v3 <- audience left out for clients before",
        "Goods v3 -> weight absent becomes 0",
        'Goods v3 <- note absent becomes "" for clients before',
        "Goods v3 <- label left out for clients before",
        "NewOrder v3 <- customer.phone left out for clients before",
        "NewOrder v3 -> coupon what clients before send is left out",
        'Order v2 <- status "paid" is "open" for clients before',
        "Order v3 <- customer.phone left out for clients before",
        "OrderLine v3 <- gift left out for clients before",
        "Rating v3 -> all of it whatever its functions leave out",
        "Rating v3 <- all of it whatever its functions leave out",
    ]
    assert _lines("loss", "v3..head") == ["nothing is lost"]


def test_show_a_type_as_it_was_and_how_it_went_on() -> None:
    lines = _lines("show", "OrderLine", "v1")
    assert lines == [
        "type OrderLine {",
        "qty: int(1..999)",
        "sku: Sku",
        "}",
        "",
        "in v3:",
        "`gift` is new, and `false` for those who do not know it",
    ]


def test_code_of_a_type_carries_it_there_and_back() -> None:
    text = _timescape("show", "Order", "v2", "--code").stdout
    names: dict[str, object] = {}
    code = text[text.index("def forward") :]
    exec(compile(ast.parse(code), "shown", "exec"), names)  # noqa: S102
    old = {
        "customer": {"name": "Ada"},
        "lines": [{"sku": "A", "quantity": 1}],
        "total": {"amount": "1.00", "currency": "EUR"},
    }
    forward, backward = names["forward"], names["backward"]
    assert callable(forward)
    assert callable(backward)
    new = forward(old)
    assert (new["amount"], new["currency"]) == ("1.00", "EUR")
    assert backward(new) == old


def test_code_of_a_route_is_what_serves() -> None:
    shown = _timescape("show", "create_order", "v1", "--code").stdout
    code = shown[shown.index("# requests") :]
    functions = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    assert functions == ["forward", "backward"]
    head = _timescape("show", "create_order", "head", "--code").stdout
    assert head.rstrip().endswith("# nothing runs: it is the same at head")


@pytest.mark.parametrize("field", ["a", "b", "c", "d", "e"])
def test_a_type_is_shown_as_it_is_where_no_place_differs(field: str, tmp_path: Path) -> None:
    (tmp_path / "desk.gati").write_text(
        "app desk {\n  auth none\n}\nversion 2025-01-01 as v1\nversion 2025-02-01 as v2\n"
        f"type Person {{ name: string, {field}?: int }}\ntype Basket {{ buyer: Person }}\n"
        "route get_person GET /person {\n  returns Person\n  handler static 404\n}\n"
        "route get_basket GET /basket {\n  returns Basket\n  handler static 404\n}\n"
        f"change v2 {{ type Basket {{ in buyer {{ add {field}?: int }} }} }}\n"
    )
    person = gatid("timescape", "show", "Person", "v1", "--project", tmp_path).stdout
    assert f"  {field}?: int" in person
    basket = gatid("timescape", "show", "Basket", "v1", "--project", tmp_path).stdout
    assert "  buyer: Person.2" in basket
    route = gatid("timescape", "show", "get_basket", "v1", "--project", tmp_path).stdout
    assert "type Person.2 {" in route


def test_a_type_is_shown_that_messages_have_without_its_name(tmp_path: Path) -> None:
    (tmp_path / "desk.gati").write_text(
        "app desk {\n  auth none\n}\nversion 2025-01-01 as v1\nversion 2025-02-01 as v2\n"
        "type Base { id: int }\ntype Bill = Base & { total: int }\ntype Where { shop: int }\n"
        "route get_bill GET /{shop} {\n  params Where\n  returns Bill\n  handler static 404\n}\n"
        "change v2 {\n  type Base { rename nr -> id }\n  type Where { rename store -> shop }\n}\n"
    )
    shown = {
        name: gatid("timescape", "show", name, "v1", "--code", "--project", tmp_path).stdout
        for name in ("Base", "Bill", "Where", "get_bill")
    }
    assert shown["Base"].startswith("type Base {\n  nr: int\n}\n\nin v2:\n  `nr` is called `id`")
    assert "  nr: int\n  total: int" in shown["Bill"]
    assert "  Base: `nr` is called `id`" in shown["Bill"]
    assert shown["Where"].startswith("type Where {\n  store: int\n}\n")
    assert "route get_bill GET /{store} {\n  params { store: int }" in shown["get_bill"]
    assert all("\ndef " in text for text in shown.values())


MISUSES = (
    (["show", "Customer", "v1"], "no message of `v1` holds a `Customer`"),
    (["show", "Ordr", "v1"], "did you mean `Order`?"),
    (["show", "list_orders", "v1"], "was not there in `v1`"),
    (["show", "Order", "v9"], "no version is called `v9`"),
    (["diff", "v3", "v1"], "name the older one first"),
    (["loss", "v1"], "as A..B"),
)


@pytest.mark.parametrize(("words", "said"), MISUSES)
def test_misuse_is_status_2(words: list[str], said: str) -> None:
    ran = _timescape(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_prove_lists_every_message_of_every_hop() -> None:
    ran = gatid("timescape", "prove", SHOP)
    assert ran.returncode == 0, ran.stderr
    rows = [" ".join(line.split()[:6]) for line in ran.stdout.splitlines()]
    assert "create_order v1 -> v2 request proved" in rows
    assert "pay_order v2 -> v3 answer 200" in " ".join(rows)
    assert "refuted" not in ran.stdout


def test_prove_shows_witnesses_and_fails() -> None:
    case = EXAMPLES.parent / "tests/cases/check/refuted"
    ran = gatid("timescape", "prove", case)
    assert ran.returncode == 1
    assert "a client of `v1` sends `PUT /people` `{" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "1 proved, 1 refuted"
    told = json.loads(gatid("timescape", "prove", case, "--format", "json").stdout)
    assert (told["proved"], told["refuted"], told["unknown"]) == (1, 1, 0)
    request = next(proof for proof in told["proofs"] if proof["direction"] == "request")
    assert [request[word] for word in ("route", "from", "to", "verdict")] == [
        "put_person", "v1", "v2", "refuted",
    ]  # fmt: skip
    witness = request["witnesses"][0]
    assert witness["given"]["body"] == {"age": "", "at": 0}
    assert witness["faults"] == [{"pointer": "/body/age", "expected": "int", "found": '""'}]
    assert request["seconds"] > 0


def test_prove_says_why_something_is_unknown() -> None:
    ran = gatid("timescape", "prove", EXAMPLES.parent / "tests/cases/check/unproved")
    assert ran.returncode == 0
    assert "  not every result is `int(0..250000)`" in ran.stdout.splitlines()
