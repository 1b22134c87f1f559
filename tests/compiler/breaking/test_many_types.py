"""Types that all lead to one another are compared once, however many routes answer with them."""

from __future__ import annotations

from typing import Any

from gatid_compiler.breaking import changes
from gatid_compiler.gtypes.model import Any as Anything
from gatid_compiler.gtypes.model import (
    Array,
    Definitions,
    Field,
    GType,
    Literal,
    Null,
    Ref,
    Schema,
    String,
)
from gatid_compiler.gtypes.normal import object_, union
from gatid_compiler.gtypes.values import member
from gatid_compiler.plan import (
    Answer,
    App,
    Code,
    Contract,
    Limits,
    NoAuth,
    Plan,
    PyHandler,
    PyRef,
    Route,
    Shape,
)  # fmt: skip

COUNT = 160
HANDLER = PyHandler(PyRef("code", "get"))


def thing(number: int, states: tuple[str, ...]) -> GType:
    """An object that leads to several others, as expandable references of APIs do."""
    others = [(number * 7 + step) % COUNT for step in (1, 3, 11, 40)]
    fields = [Field("id", String()), Field("state", union(*map(Literal, states)))]
    fields += [
        Field(f"to{n}", union(Null(), String(), Ref(f"T{n}")), required=False) for n in others[:2]
    ]
    fields += [Field(f"all{n}", Array(Ref(f"T{n}")), required=False) for n in others[2:]]
    return object_(fields, Anything())


def plan(changed: int | None = None) -> Plan:
    defs: Definitions = {
        f"T{n}": thing(n, ("on", "off", "new") if n == changed else ("on", "off"))
        for n in range(COUNT)
    }
    routes = []
    for n in range(COUNT):
        shape = Shape(None, None, None, None, None, False, (Answer(200, Ref(f"T{n}")),))
        contract = Contract("", 1, 0, None, "GET", (f"t{n}",), shape, HANDLER, shape, None, ())
        routes.append(
            Route(f"get{n}", "", (NoAuth(),), None, (), 1000, 1000, (), (), (), (), (contract,))
        )
    app = App("a", "", (), None, None, Limits(), {}, None)
    return Plan(app, (), {}, {}, {}, defs, tuple(routes), Code({}, {}))


def test_nothing_changed() -> None:
    assert changes(plan(), plan()) == ()


def test_one_change_is_told_once_with_every_route_whose_answer_leads_to_it() -> None:
    old, new = plan(), plan(changed=5)
    (change,) = changes(old, new)
    assert (change.rule, change.verdict) == ("response-enum-widened", "breaking")
    assert set(change.routes) == {f"get{n}" for n in range(COUNT)}
    assert (change.route, change.pointer) == ("get5", "/state")
    assert change.shared is not None
    assert (change.shared.type, change.shared.pointer) == ("T5", "/state")
    assert change.witness is not None
    value: Any = change.witness.value
    assert member(value, Schema(Ref("T5"), new.types))
    assert not member(value, Schema(Ref("T5"), old.types))
