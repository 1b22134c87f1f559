"""Requests, responses and logs as the lifecycle sees them."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from typing import Any

from gatid.lifecycle.local_context import Surroundings
from gatid.lifecycle.request_life import RequestLife
from gatid.observe.logs import Log, Output
from gatid.observe.sink import Sink


@dataclass
class Request:
    id: str = "r-1"
    path: str = "/orders"
    route: str = "orders"
    version: str = "v1"
    flags: frozenset[str] = frozenset()
    trace: object = None


@dataclass
class Response:
    answered: bool = False


class Cell:
    """Counts as a meter's cell does."""

    value = 0.0

    def add(self, amount: float = 1.0) -> None:
        self.value += amount


@dataclass
class Counts:
    local_faults: Cell = field(default_factory=Cell)
    compensation_faults: Cell = field(default_factory=Cell)
    outlived_tasks: Cell = field(default_factory=Cell)


@dataclass
class Life:
    """One request with what the lifecycle hands around."""

    request: Request = field(default_factory=Request)
    res: Response = field(default_factory=Response)
    counts: Counts = field(default_factory=Counts)
    deadline: float | None = None

    def __post_init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self.fd = os.dup(file.fileno())
        around = Surroundings(Log(Output(Sink(self.fd))), self.counts)
        self.lctx = RequestLife(self.request, around, self.deadline)

    @property
    def args(self) -> tuple[Any, ...]:
        return (self.request, self.res, None, self.lctx)

    def events(self) -> list[dict[str, Any]]:
        size = os.fstat(self.fd).st_size
        return [json.loads(line) for line in os.pread(self.fd, size, 0).splitlines()]

    def close(self) -> None:
        os.close(self.fd)

    def __enter__(self) -> Life:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
