"""What handlers see of the whole: read-only, and honest about what is not there yet."""

from __future__ import annotations

import asyncio
import dataclasses
import operator
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid import errors
from gatid.errors import DeniedError, HTTPError
from gatid.services.global_context import ContractInfo, GlobalContext, TransformInfo
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.services.plans import contract, plan, route

if TYPE_CHECKING:
    from tests.gatid.services.conftest import Hosted

configs = st.dictionaries(
    st.text(max_size=4),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def parts(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    inner = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | tuple | list):
        for item in inner:
            yield from parts(item)


CHANGES = (
    lambda each: operator.setitem(each, "new", 1),
    lambda each: operator.setitem(each, 0, 1),
    lambda each: operator.delitem(each, "new"),
    lambda each: operator.delitem(each, 0),
    lambda each: each.update(new=1),
    lambda each: each.clear(),
    lambda each: each.pop("new", None),
    lambda each: each.setdefault("new", 1),
    lambda each: each.append(1),
    lambda each: each.extend([1]),
    lambda each: each.sort(),
    lambda each: setattr(each, "new", 1),
)


@pytest.mark.prop(32)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(configs)
def test_configuration_is_read_only_at_any_depth(hosted: Hosted, config: dict[str, Any]) -> None:
    whole = plan(config=config)
    before = plain(config)
    gctx = GlobalContext.create(whole, hosted.host, hosted.host.modules.lease(whole, print))
    assert plain(gctx.config) == before
    for each in parts(gctx.config):
        if isinstance(each, Mapping | tuple | list):
            for change in CHANGES:
                with pytest.raises((TypeError, AttributeError)):
                    change(each)
        joined = each
        if isinstance(each, tuple):
            joined += (1,)
        elif isinstance(each, Mapping):
            with pytest.raises(TypeError):
                joined |= {"new": 1}
    for each in parts(config):
        if isinstance(each, dict):
            each["added behind its back"] = 1
    assert plain(gctx.config) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        gctx.config = {}


def test_versions_and_contracts_are_data(hosted: Hosted) -> None:
    releases = (
        p.Release(1, "2025-11-01", "v1", ("v1",)),
        p.Release(2, "2026-03-01", "v2", ("v2", "stable")),
    )
    orders = route(
        "orders",
        contracts=(contract("tsv:1-orders-1", 1, 0, 1), contract("tsv:2-orders-2", 2, 1, None)),
    )
    whole = plan(routes=(orders,), releases=releases)
    gctx = GlobalContext.create(whole, hosted.host, hosted.host.modules.lease(whole, print))
    assert gctx.timescape.versions == releases
    assert gctx.timescape.head == releases[1]
    assert gctx.timescape.contracts["orders"] == (
        ContractInfo("tsv:1-orders-1", 1, "v1", "v2"),
        ContractInfo("tsv:2-orders-2", 2, "v2", None),
    )
    with pytest.raises(TypeError):
        gctx.timescape.contracts["orders"] = ()


def test_without_releases_there_is_no_head(hosted: Hosted) -> None:
    whole = plan(routes=(route("a", contracts=(contract("a-1", 1, 0, None),)),))
    gctx = GlobalContext.create(whole, hosted.host, hosted.host.modules.lease(whole, print))
    assert gctx.timescape.head is None
    assert gctx.timescape.contracts["a"] == (ContractInfo("a-1", 1, None, None),)


def test_transforms_are_data(hosted: Hosted) -> None:
    call = p.Call("call_0", p.PyRef("shop.carry", "up"), m.Int())
    old = dataclasses.replace(
        contract("tsv:1-orders-1", 1, 0, 1),
        up=p.Upgrade("def forward(body): ...", ("body",), ("body",), (call,)),
        down=(
            p.Downgrade(201, 200, "def backward(body): ...", checked=False),
            p.Downgrade(409, 409, None, checked=False),
        ),
    )
    whole = plan(
        routes=(route("orders", contracts=(old,)),),
        releases=(p.Release(1, "2025-11-01", "v1", ("v1",)),) * 2,
    )
    gctx = GlobalContext.create(whole, hosted.host, hosted.host.modules.lease(whole, print))
    (info,) = gctx.timescape.contracts["orders"]
    assert info.transforms == (
        TransformInfo("forward", None, "def forward(body): ...", ("shop.carry:up",), proved=False),
        TransformInfo("backward", 201, "def backward(body): ...", (), proved=True),
    )


def test_topics_that_nobody_declared_are_refused(hosted: Hosted) -> None:
    whole = plan()
    gctx = GlobalContext.create(whole, hosted.host, hosted.host.modules.lease(whole, print))
    with pytest.raises(DeniedError, match=r"no topic `order\.created` is declared"):
        asyncio.run(gctx.publish("order.created", {}))
    with pytest.raises(DeniedError, match=r"no topic `order\.created` is declared"):
        gctx.subscribe("order.created", print)


def test_an_http_error_is_a_status_of_a_fault() -> None:
    error = HTTPError(409, "out of stock", detail="0 left")
    assert (error.status, error.title, error.detail) == (409, "out of stock", "0 left")
    assert str(error) == "409 out of stock: 0 left"
    assert HTTPError(404).title == "Not Found"
    assert HTTPError(499).title == "Client Error"
    assert HTTPError(599).title == "Server Error"
    for status in (200, 399, 600, True, "409", 409.0):
        with pytest.raises(ValueError, match="400 to 599"):
            HTTPError(status)


def test_denied_is_what_the_system_would_say() -> None:
    error = errors.DeniedError("no")
    assert isinstance(error, PermissionError)
    assert error.errno == 13
    assert str(error) == "no"
