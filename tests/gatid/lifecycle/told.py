"""Requests through the whole path of a generation, and a log that can be read."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING, Any

from gatid.observe.logs import Log, Output
from gatid.observe.sink import Sink
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint.build import contract, generation, plan, route, shape
from tests.gatid.endpoint.wire import Ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatid.endpoint.generation import Generation

GET = Ask("GET", "/")


class Told:
    """A host whose log can be read."""

    def __init__(self, base: Path) -> None:
        with tempfile.TemporaryFile() as file:
            self._fd = os.dup(file.fileno())
        log = Log(Output(Sink(self._fd)))
        self.host = Host.create(base=base, rates=RateTable.create(64), log=log, threads=2)
        self._read = 0

    def lines(self) -> list[dict[str, Any]]:
        """What was logged since the last time."""
        size = os.fstat(self._fd).st_size
        text = os.pread(self._fd, size - self._read, self._read)
        self._read = size
        return [json.loads(line) for line in text.splitlines()]

    def serve(
        self, handler: Callable[..., Any], type: m.GType | None = None, **more: Any
    ) -> Generation:
        """A generation whose one route, GET /, is answered by the handler."""
        answers = (p.Answer(200, m.Any() if type is None else type),)
        only = contract("one", "GET", (), shape(answers=answers))
        functions = {"one": handler, **more.pop("functions", {})}
        return generation(self.host, plan(route("one", only, **more)), functions)

    def close(self) -> None:
        self.host.close()
        self.host.pages.close()
        self.host.rates.close()
        os.close(self._fd)
