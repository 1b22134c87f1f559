"""Entity tags: a version's clients hold tags of their own, and handlers see those they gave."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint.build import APP, ask, contract, generation, obj, plan, route, shape
from tests.gatid.endpoint.plans import RELEASES
from tests.gatid.endpoint.wire import Ask, Wire

if TYPE_CHECKING:
    from gatid.endpoint.generation import Generation
    from gatid.services.host import Host

NUMBER = obj(n=m.Int())
CONDITIONS = ("If-Match", "If-None-Match", "If-Range")
DECLARED = obj(**{f"{name.lower()}_": m.String() for name in CONDITIONS})
HEAD = len(RELEASES) - 1

tags = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"'), max_size=8
).map(lambda text: f'"{text}"')
tags |= tags.map(lambda tag: f"W/{tag}")
releases = st.integers(0, HEAD)


class Shelf:
    """`GET /` changed in every release, `PUT /` never; handlers set a tag and note conditions."""

    def __init__(self, host: Host, *, declared: bool) -> None:
        self.tag: str | None = None
        self.status = 200
        self.seen: dict[str, Any] = {}
        headers = DECLARED if declared else None
        answers = (p.Answer(200, NUMBER), p.Answer(304, None), p.Answer(412, None))
        now = shape(headers=headers, answers=answers)

        async def get(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
            self.seen = {name: req.headers.get(name) for name in CONDITIONS}
            if self.tag is not None:
                res.header("ETag", self.tag).header("X-Other", self.tag)
            if self.status != 200:
                return res.status(self.status)
            return {"n": 1}

        gets = [
            replace(
                contract("get", "GET", (), now, seq=i + 1, since=i, until=i + 1),
                until=None if i == HEAD else i + 1,
                down=()
                if i == HEAD
                else (p.Downgrade(200, 200, "def backward(body):\n    return body\n", False),),
            )
            for i in range(HEAD + 1)
        ]
        put = contract("put", "PUT", (), now, handler=p.PyHandler(p.PyRef("code", "get")))
        app = replace(APP, selectors=p.Selectors("X-Api", None, path=False, default="latest"))
        whole = plan(route("get", *gets), route("put", put), app=app, releases=RELEASES)
        self.made: Generation = generation(host, whole, {"get": get})

    def ask(self, release: int, method: str = "GET", **fields: str) -> Wire:
        named = [("x-api", RELEASES[release].label)]
        named += [(name.replace("_", "-"), value) for name, value in fields.items()]
        return asyncio.run(ask(self.made, Ask(method, "/", fields=tuple(named))))


quiet = settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@quiet
@given(tags, releases, releases, st.booleans(), st.sampled_from([200, 304, 412]))
def test_a_handler_sees_its_own_tags_and_no_other_versions(
    host: Host, tag: str, given_in: int, asked_in: int, declared: bool, status: int
) -> None:
    shelf = Shelf(host, declared=declared)
    shelf.tag, shelf.status = tag, status
    first = shelf.ask(given_in)
    told = first.header("etag")
    assert told is not None
    assert first.header("x-other") == tag
    assert (told == tag) == (given_in == HEAD)
    assert told.startswith("W/") == tag.startswith("W/")
    shelf.ask(asked_in, if_match=told, if_none_match=f'"other", {told}', if_range=told)
    if given_in == asked_in:
        assert shelf.seen["If-Match"] == tag
        assert shelf.seen["If-Range"] == tag
        kept = (shelf.seen["If-None-Match"] or "").split(", ")
        assert kept == (['"other"', tag] if asked_in == HEAD else [tag])
    else:
        assert shelf.seen["If-Match"] not in {None, tag}
        for name in ("If-None-Match", "If-Range"):
            assert tag not in (shelf.seen[name] or "").split(", ")


@quiet
@given(tags, releases, st.booleans())
def test_a_tag_read_by_one_route_is_known_to_the_others(
    host: Host, tag: str, release: int, declared: bool
) -> None:
    """What `GET` answered, `PUT` takes in `If-Match`, though it never changed."""
    shelf = Shelf(host, declared=declared)
    shelf.tag = tag
    told = shelf.ask(release).header("etag")
    assert told is not None
    answer = shelf.ask(release, "PUT", if_match=told)
    assert shelf.seen["If-Match"] == tag
    assert answer.header("etag") == tag


@quiet
@given(st.lists(tags, max_size=3), releases, st.text('", ;W/a*20-', max_size=14))
def test_a_condition_never_becomes_weaker(
    host: Host, given_: list[str], release: int, junk: str
) -> None:
    """Whatever is in `If-Match`, its handler sees one; `*` and dates go through."""
    shelf = Shelf(host, declared=False)
    shelf.ask(release, if_match=", ".join([*given_, junk]), if_none_match="*")
    assert shelf.seen["If-Match"] is not None
    assert shelf.seen["If-None-Match"] == "*"
    date = "Tue, 15 Nov 1994 12:45:26 GMT"
    shelf.ask(release, if_range=date)
    assert shelf.seen["If-Range"] == date


def test_what_is_refused_before_its_route_is_known_varies_too(host: Host) -> None:
    shelf = Shelf(host, declared=False)
    for fields, status in [({"x_api": "v9"}, 400), ({}, 404)]:
        named = tuple((name.replace("_", "-"), value) for name, value in fields.items())
        refused = asyncio.run(ask(shelf.made, Ask("GET", "/none", fields=named)))
        assert (refused.status, refused.header("vary")) == (status, "X-Api")


def test_without_tags_the_code_does_not_speak_of_them(host: Host) -> None:
    from gatid.endpoint.emit import emit

    for declared in (False, True):
        made = Shelf(host, declared=declared).made.plan
        for each in made.routes:
            for one in each.contracts:
                text = emit(made, each, one)
                assert ("conditions" in text) == (declared and one.since < HEAD)
