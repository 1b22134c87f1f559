"""What each version of payments.gati says, and the adapters that somebody would have written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from tests.gatid.daemon.lived.history import Call, Lived

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_ID = st.text("abcXYZ019_", min_size=1, max_size=20)
_AMOUNT = st.integers(0, 99_999_999)
_CURRENCY = st.sampled_from(["eur", "usd"])
_METADATA = st.dictionaries(_TEXT, _TEXT, max_size=3)
_MOMENT = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())
_STATES = ["succeeded", "failed"]

_HEAD_STATES = ["succeeded", "pending", "failed", "requires_action"]
_TOTAL = st.fixed_dictionaries({"amount": _AMOUNT, "currency": _CURRENCY})
_CARD = {"last4": st.text("0123456789", min_size=4, max_size=4),
         "brand": st.sampled_from(["visa", "mastercard", "other"])}  # fmt: skip
_METHOD = st.fixed_dictionaries({"type": st.just("card"), **_CARD})
_REFUND = st.fixed_dictionaries(
    {
        "id": _ID,
        "total": _TOTAL,
        "reason": st.sampled_from(["duplicate", "fraudulent", "expired", "requested"]),
    }
)
_CHARGE = st.fixed_dictionaries(
    {
        "id": _ID,
        "total": _TOTAL,
        "payment_method": _METHOD,
        "customer": _ID
        | st.fixed_dictionaries({"id": _ID}, optional={"email": st.just("a@example.com")}),
        "refunds": st.fixed_dictionaries(
            {"data": st.lists(_REFUND, max_size=3), "has_more": st.booleans()}
        ),
        "status": st.sampled_from(_HEAD_STATES),
        "created": _MOMENT,
        "metadata": _METADATA,
    },
    optional={"description": st.none() | _TEXT},
)
_DECLINE = st.fixed_dictionaries(
    {
        "code": st.sampled_from(
            ["card_declined", "expired_card", "insufficient_funds", "processing_error"]
        ),
        "message": _TEXT,
        "retry": st.booleans(),
    }
)
_PAGE = st.fixed_dictionaries({"data": st.lists(_CHARGE, max_size=3), "has_more": st.booleans()})


def _new(version: int) -> st.SearchStrategy[dict[str, Any]]:
    fields: dict[str, Any] = {"customer": _ID}
    optional: dict[str, Any] = {"metadata": _METADATA}
    (optional if version >= 5 else fields)["description"] = st.none() | _TEXT
    fields |= {"total": _TOTAL} if version >= 5 else {"amount": _AMOUNT, "currency": _CURRENCY}
    if version >= 4:
        fields["capture_method"] = st.sampled_from(["automatic", "manual"])
    else:
        fields["capture"] = st.booleans()
    name = {1: "card", 2: "source"}.get(version, "payment_method")
    fields[name] = st.fixed_dictionaries(_CARD) if version < 3 else _METHOD
    return st.fixed_dictionaries(fields, optional=optional)


def _query(version: int) -> st.SearchStrategy[dict[str, Any]]:
    count, states = st.integers(1, 100), list(_STATES)
    optional: dict[str, Any] = {}
    states += ["requires_action"] * (version >= 3) + ["pending"] * (version >= 4)
    optional["status"] = st.sampled_from(states)
    optional["limit" if version >= 3 else "count"] = count
    if version < 3:
        optional["offset"] = st.integers(0, 1000)
    return st.fixed_dictionaries({}, optional=optional)


def _create_up(body: dict[str, Any], version: int) -> dict[str, Any]:
    new = dict(body)
    if version < 2:
        new["source"] = new.pop("card")
    if version < 3:
        new["payment_method"] = {"type": "card", **new.pop("source")}
    if version < 4:
        new["capture_method"] = "automatic" if new.pop("capture") else "manual"
    if version < 5:
        new["total"] = {"amount": new.pop("amount"), "currency": new.pop("currency")}
    return new


def _query_up(query: dict[str, Any], version: int) -> dict[str, Any]:
    new = dict(query)
    if version < 3:
        new.pop("offset", None)
        new["limit"] = new.pop("count", 10)
    new.setdefault("limit", 10)
    return new


def _charge_down(charge: dict[str, Any], version: int) -> dict[str, Any]:
    old = {**charge, "refunds": {**charge["refunds"]}}
    refunds = [dict(refund) for refund in charge["refunds"]["data"]]
    if version < 5:
        old |= old.pop("total")
        old["created"] = _seconds(old["created"])
        refunds = [
            {"id": r["id"], "reason": r["reason"], "amount": r["total"]["amount"]} for r in refunds
        ]
    if version < 4:
        if isinstance(old["customer"], dict):
            old["customer"] = old["customer"]["id"]
        old["status"] = "failed" if old["status"] == "pending" else old["status"]
    if version < 3:
        method = dict(old.pop("payment_method"))
        del method["type"]
        old["source"] = method
        old["status"] = "failed" if old["status"] == "requires_action" else old["status"]
    old["refunds"]["data"] = refunds
    if version < 2:
        old["card"] = old.pop("source")
        old["status"] = "paid" if old["status"] == "succeeded" else old["status"]
        for refund in refunds:
            refund["reason"] = {"expired": "requested"}.get(refund["reason"], refund["reason"])
        old["refunds"] = refunds
    return old


def _seconds(moment: str) -> int:
    since = datetime.fromisoformat(moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400 + since.seconds


def _page_down(page: dict[str, Any], version: int) -> object:
    data = [_charge_down(charge, version) for charge in page["data"]]
    return data if version < 3 else {**page, "data": data}


def _decline_down(decline: dict[str, Any], version: int) -> dict[str, Any]:
    old = dict(decline)
    if version < 4:
        del old["retry"]
        declined = ("card_declined", "insufficient_funds")
        old["code"] = "declined" if old["code"] in declined else old["code"]
    return old


def _create(version: int) -> st.SearchStrategy[Call]:
    def good(body: dict[str, Any], answer: dict[str, Any]) -> Call:
        told = 201 if version >= 3 else 200
        down = _charge_down(answer, version)
        return Call(
            "POST", "/charges", {}, body, 201, answer, _create_up(body, version), told, down
        )

    def bad(body: dict[str, Any], answer: dict[str, Any]) -> Call:
        down = _decline_down(answer, version)
        return Call("POST", "/charges", {}, body, 402, answer, _create_up(body, version), 402, down)

    return st.builds(good, _new(version), _CHARGE) | st.builds(bad, _new(version), _DECLINE)


def _list(version: int) -> st.SearchStrategy[Call]:
    def call(query: dict[str, Any], page: dict[str, Any]) -> Call:
        seen = {"query": _query_up(query, version), "params": {}}
        return Call("GET", "/charges", query, None, 200, page, seen, 200, _page_down(page, version))

    return st.builds(call, _query(version), _PAGE)


def _get(version: int) -> st.SearchStrategy[Call]:
    def call(id_: str, charge: dict[str, Any]) -> Call:
        seen = {"query": {}, "params": {"id": id_}}
        down = _charge_down(charge, version)
        return Call("GET", f"/charges/{id_}", {}, None, 200, charge, seen, 200, down)

    return st.builds(call, _ID, _CHARGE)


def calls(version: int) -> st.SearchStrategy[Call]:
    """Any call of a version's client, and what the handler answers."""
    return _create(version) | _list(version) | _get(version)


LIVED = Lived("payments", calls)
