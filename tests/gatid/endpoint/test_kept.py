"""Where a change breaks clients and keeps their code, all versions stay up side by side."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, note, settings

from gatid_compiler.pipeline import compile_project
from gatid_dsl.render import render_text
from tests.gatid.endpoint.build import Functions, ask
from tests.gatid.endpoint.lives import NAMES, PLACES, Past, Place, pasts
from tests.gatid.endpoint.wire import Ask, Wire

if TYPE_CHECKING:
    from gatid.endpoint.generation import Generation
    from gatid.services.host import Host
    from gatid_compiler.plan import Plan

NUMBER = 7


@pytest.mark.prop(16)
@settings(max_examples=150, deadline=None)
@given(pasts())
def test_requests_reach_the_version_that_they_ask_for(host: Host, past: Past) -> None:
    note(past.gati)
    asyncio.run(_every_version(host, past, compiled(past)))


def compiled(past: Past) -> Plan:
    with TemporaryDirectory() as folder:
        entry = Path(folder, "app.gati")
        entry.write_text(past.gati)
        Path(folder, "code.py").write_text(past.python)
        result = compile_project(entry)
    assert result.plan is not None, render_text(result.diagnostics)
    return result.plan


async def _every_version(host: Host, past: Past, plan: Plan) -> None:
    from gatid.endpoint.link import link

    functions: dict[str, Any] = {}
    exec(compile(past.python, "code.py", "exec"), functions)  # noqa: S102 - it is what is served
    serving = link(plan, 1, host, Functions(functions))  # type: ignore[arg-type]
    await serving.start()
    for release in range(past.count):
        for place in PLACES:
            await _at(serving, past, release, place)
    await serving.stop()


async def _at(serving: Generation, past: Past, release: int, place: Place) -> None:
    """What answers at a place in a release is the handler of that time, or nobody."""
    told = f"{place} in v{release}"
    here = [
        (life, era)
        for life in past.lives
        if (era := life.era(release)) is not None and era.place == place
    ]
    if not here:
        known = {era.place for life in past.lives for era in life.eras}
        methods = {other.method for other in known if other.path == place.path}
        there = place.method in methods or not methods
        answer = await _ask(serving, release, place, "a")
        assert answer.status == (404 if there else 405), told
        assert ("allow" in dict(answer.fields)) is not there, told
        return
    [(life, era)] = here
    name = era.fields[release - era.since]
    answer = await _ask(serving, release, place, name)
    assert answer.status == era.status, (told, answer.content)
    if era.status != 204:
        assert json.loads(answer.content) == {name: NUMBER, "by": life.handler(era)}, told
    assert answer.header("x-gati-version") == f"v{release}", told
    wrong = next(other for other in NAMES if other != name)
    assert (await _ask(serving, release, place, wrong)).status == 400, told


async def _ask(serving: Generation, release: int, place: Place, name: str) -> Wire:
    version = (("X-Gati-Version", f"v{release}"),)
    if place.part == "query":
        return await ask(serving, Ask(place.method, place.path, f"{name}={NUMBER}", version))
    body = json.dumps({name: NUMBER}).encode()
    return await ask(serving, Ask(place.method, place.path, "", version, body))
