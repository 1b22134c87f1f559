"""What is to be hidden is in no snapshot, wherever it stood."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.snapshots import Missing, asked, restore
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid import virtual
from tests.gatid.endpoint.build import ask, shape
from tests.gatid.endpoint.wire import Ask
from tests.gatid.snapshots.kept import post

if TYPE_CHECKING:
    from tests.gatid.snapshots.kept import Kept

planted = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=10, max_size=24).map(
    "pl4nt".__add__
)


def shows(document: dict[str, Any], value: str) -> bool:
    text = json.dumps(document).lower()
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")[:-1].lower()
    return value.lower() in text or encoded in text or value.encode().hex() in text


@pytest.mark.prop(41)
@given(
    value=planted,
    place=st.sampled_from(["type", "pointer", "items", "header", "cookie", "query", "known"]),
)
def test_it_is_not_in_the_snapshot(kept: Kept, value: str, place: str) -> None:
    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        lctx.set("text", f"before {value} after")
        lctx.set("bytes", [value.encode()])
        lctx.set(value, {"key": value})
        res.header("x-echo", value)
        raise ValueError(f"about {value}")

    typed = shape(
        query=m.Object((), m.String()),
        body=m.Object((m.Field("pin", m.String(), required=False, secret=True),), m.Any()),
        answers=(p.Answer(200, m.Any()),),
    )
    settings = p.Snapshots(errors=True, redact=("/body/card/number", "/body/all/*/x", "/query/q"))
    made = kept.serve(run, settings, typed)
    body: dict[str, Any] = {"kept": "this"}
    fields: tuple[tuple[str, str], ...] = ()
    query = ""
    match place:
        case "type":
            body["pin"] = value
        case "pointer":
            body["card"] = {"number": value}
        case "items":
            body["all"] = [{"x": value}, {"x": "other"}]
        case "header":
            fields = (("authorization", f"Bearer {value}"),)
        case "cookie":
            fields = (("cookie", f"a=b; session={value}"),)
        case "query":
            query = f"q={value}"
        case _:
            kept.told.host.log.output.scrubber.add(value)
    virtual.run(ask(made, post(body, query, *fields)))
    kept.told.lines()
    [document] = kept.taken()
    assert not shows(document, value)
    assert "this" in document["sent"]["body"]["text"]
    data = restore(document).data
    assert data["text"] == "before *** after"
    assert isinstance(data["bytes"][0], Missing)


def test_a_key_is_hidden_however_it_is_presented(kept: Kept) -> None:
    """Names are kept, so that a replay knows what to ask for."""

    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        res.header("set-cookie", "session=abcdefgh")
        return dict(req.headers)

    made = kept.serve(run, p.Snapshots(sample=1.0), shape(answers=(p.Answer(200, m.Any()),)))
    fields = (
        ("authorization", "Basic dXNlcjpwYXNz"),
        ("x-other", "dXNlcjpwYXNz"),
        ("cookie", "a=b"),
    )
    virtual.run(ask(made, Ask("POST", "/", "", fields)))
    [document] = kept.taken()
    headers = dict(asked(document).headers)
    assert (headers["authorization"], headers["cookie"], headers["x-other"]) == ("***",) * 3
    assert ["set-cookie", "***"] in document["answer"]["headers"]
    assert "dXNlcjpwYXNz" not in json.dumps(document)


@given(size=st.integers(1024, 60_000), count=st.integers(1, 4), large=st.integers(0, 30_000))
def test_it_is_never_larger_than_allowed(kept: Kept, size: int, count: int, large: int) -> None:
    async def run(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        for i in range(count):
            lctx.set(f"state{i}", "x" * large)
            lctx.on_cleanup(lambda: lctx.set("more", 1))
        return "y" * large

    made = kept.serve(
        run,
        p.Snapshots(sample=1.0, max_size=size),
        shape(body=m.Any(), answers=(p.Answer(200, m.Any()),)),
    )
    virtual.run(ask(made, post("z" * large)))
    kept.store.flush()
    [entry] = kept.store.directory.entries()
    assert entry.size <= size
    [document] = kept.taken()
    assert (document["id"], document["route"]) == (entry.id, "one")
    if entry.size < size // 2 and large > size:
        assert document["cut"]
