"""Handlers that misbehave, each with what its client must be answered and what must run.

Every request carries a number, which its answer must hold, and registers one cleanup and one
compensation, which are counted. Used by the suite and, for longer, by `make soak`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatid.errors import HTTPError, RequestEndedError
from gatid.ingress.gateway import Gateway
from gatid.observe.logs import Log, Output
from gatid.policies.rate import RateTable
from gatid.services.host import Host
from gatid_compiler import plan as p
from gatid_compiler.gtypes import model as m
from tests.gatid.endpoint.build import contract, generation, obj, plan, route, shape
from tests.gatid.endpoint.wire import Ask, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT = 0.1
HUGE = "x" * 300_000


class Evil(Exception):  # noqa: N818
    """An exception that cannot even be shown."""

    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


@dataclass
class Counts:
    """What ran, by the number of the request."""

    begun: set[int] = field(default_factory=set)
    cleaned: Counter[int] = field(default_factory=Counter)
    compensated: Counter[int] = field(default_factory=Counter)
    cancelled_tasks: Counter[int] = field(default_factory=Counter)
    refused_late: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    """A way to misbehave. `status` 0 is a client that went away, and is not answered."""

    handler: Callable[..., Any]
    status: int = 200
    weight: int = 3
    type: m.GType | None = None
    hooks: dict[str, str] = field(default_factory=dict)
    check: Callable[[Wire, int], bool] | None = None
    leaks: int = 0
    compensated: bool | None = None


def kinds(counts: Counts) -> dict[str, Kind]:
    """All of them, by name."""

    def begin(req: Any, lctx: Any) -> int:
        number = req.query["n"]
        if lctx.get("n") is not None:
            counts.errors.append(f"{number}: it had data of {lctx.get('n')}")
        lctx.set("n", number)
        lctx.on_cleanup(lambda: counts.cleaned.update([number]))
        lctx.compensate(lambda: counts.compensated.update([number]))
        counts.begun.add(number)
        return number

    async def fine(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        await asyncio.sleep(0)
        if lctx.get("n") != number or lctx.meta.request_id != req.id:
            counts.errors.append(f"{number}: it has data of {lctx.get('n')}")
        return {"n": number}

    async def hooks(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)

        async def after(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
            await asyncio.sleep(0)
            res.body = {"n": res.body["n"] + 1}

        lctx.after(after, timeout=5.0, retries=2)
        lctx.after(after)
        await asyncio.sleep(0)
        return {"n": number - 2}

    def sync(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        return {"n": begin(req, lctx)}

    def blocks(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        time.sleep(TIMEOUT * 2)
        return {"n": number}

    def raising(make: Callable[[], BaseException]) -> Callable[..., Any]:
        async def raises(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
            begin(req, lctx)
            await asyncio.sleep(0)
            raise make()

        return raises

    def returning(make: Callable[[int], Any]) -> Callable[..., Any]:
        async def returns(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
            return make(begin(req, lctx))

        return returns

    async def hangs(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        begin(req, lctx)
        await asyncio.Event().wait()

    async def swallows(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return {"n": number}

    async def cancels_itself(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        begin(req, lctx)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def recurses(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        begin(req, lctx)

        def deeper(depth: int) -> int:
            return deeper(depth + 1) + 1

        return deeper(0)

    async def leaks(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)

        async def forgotten() -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                counts.cancelled_tasks[number] += 1
                try:
                    lctx.set("n", -1)
                except RequestEndedError:
                    counts.refused_late[number] += 1

        tasks = [asyncio.create_task(forgotten()) for _ in range(2)]
        await asyncio.sleep(0)
        del tasks
        return {"n": number}

    async def exits_in_a_task(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)

        async def exits() -> None:
            raise SystemExit(3)

        with contextlib.suppress(RuntimeError):
            await asyncio.create_task(exits())
        return {"n": number}

    async def sets_late(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)

        def late() -> None:
            try:
                lctx.set("n", -1)
            except RequestEndedError:
                counts.refused_late[number] += 1

        asyncio.get_running_loop().call_later(TIMEOUT, late)
        return {"n": number}

    async def vandal(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        req.id = req.version = None
        res.headers = 7
        return res.json({"n": number})

    async def streams(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)

        async def chunks() -> Any:
            yield f'{{"n": {number}'
            await asyncio.sleep(0)
            yield "}"

        return res.stream(chunks())

    async def breaks_off(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        begin(req, lctx)

        async def chunks() -> Any:
            yield "half of it"
            await asyncio.sleep(0)
            raise ValueError

        return res.stream(chunks())

    async def undoes_badly(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        begin(req, lctx)

        async def fails() -> None:
            await asyncio.sleep(0)
            raise SystemExit

        lctx.compensate(fails)
        lctx.on_cleanup(fails)
        lctx.on_cleanup(lambda: 1 / 0)
        raise HTTPError(409)

    async def answers_late(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        lctx.on_cleanup(lambda: res.status(500).json("too late"))
        lctx.on_cleanup(lambda: req.query.clear())
        return {"n": number}

    async def cancels_at_last(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        lctx.on_cleanup(cancels)
        lctx.on_cleanup(lambda: asyncio.sleep(0))
        return {"n": number}

    async def returns_cancelled(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
        number = begin(req, lctx)
        lctx.on_cleanup(lambda: asyncio.sleep(0))
        cancels()
        return {"n": number}

    octets = m.Bytes()
    return {
        "fine": Kind(fine, weight=700),
        "hooks": Kind(hooks, weight=80),
        "sync": Kind(sync, weight=8),
        "blocks": Kind(blocks, 504, weight=1),
        "raises": Kind(raising(lambda: ValueError("x")), 500, weight=8),
        "refuses": Kind(raising(lambda: HTTPError(409)), 409, weight=60),
        "evil": Kind(raising(Evil), 500),
        "group": Kind(raising(lambda: BaseExceptionGroup("g", [SystemExit()])), 500),
        "exits": Kind(raising(SystemExit), 500),
        "interrupts": Kind(raising(KeyboardInterrupt), 500),
        "generator exit": Kind(raising(GeneratorExit), 500),
        "cancelled": Kind(raising(asyncio.CancelledError), 500),
        "stops": Kind(raising(StopAsyncIteration), 500),
        "memory": Kind(raising(MemoryError), 500),
        "hangs": Kind(hangs, 504),
        "swallows": Kind(swallows, 504),
        "goes": Kind(hangs, 0, weight=2),
        "cancels itself": Kind(cancels_itself, 500),
        "cancels at last": Kind(cancels_at_last),
        "returns cancelled": Kind(returns_cancelled, 500),
        "catch cancels": Kind(raising(ValueError), 500, hooks={"catch": "catch_cancels"}),
        "catch cancels at once": Kind(raising(ValueError), 500, hooks={"catch": "cancels"}),
        "catch exits": Kind(raising(ValueError), 500, hooks={"catch": "catch_exits"}),
        "catch goes": Kind(raising(ValueError), 500, hooks={"catch": "catch_goes"}),
        "recurses": Kind(recurses, 500, weight=1),
        "wrong type": Kind(returning(lambda n: {"n": str(n)}), 500, weight=8),
        "nothing": Kind(returning(lambda n: None), 500),
        "generator": Kind(returning(lambda n: (i for i in range(n))), 500),
        "a class": Kind(returning(lambda n: Evil), 500),
        "no unicode": Kind(returning(lambda n: {"n": n, "s": "\ud800"}), 500),
        "bad status": Kind(returning(lambda n: {}["status"]), 500),
        "huge": Kind(
            returning(lambda n: {"n": n, "s": HUGE}),
            weight=1,
            type=m.Any(),
            check=lambda wire, n: json.loads(wire.content) == {"n": n, "s": HUGE},
        ),
        "leaks": Kind(leaks, leaks=2, weight=8),
        "exits in a task": Kind(exits_in_a_task),
        "sets late": Kind(sets_late),
        "vandal": Kind(vandal, 500),
        "streams": Kind(
            streams,
            type=octets,
            check=lambda wire, n: json.loads(wire.content) == {"n": n},
        ),
        "breaks off": Kind(
            breaks_off,
            type=octets,
            check=lambda wire, n: wire.content == b"half of it",
            compensated=True,
        ),
        "undoes badly": Kind(undoes_badly, 409),
        "answers late": Kind(answers_late),
        "hook raises": Kind(fine, 500, hooks={"after": "breaks"}),
        "hook exits": Kind(fine, 500, hooks={"after": "exits_hook"}),
        "catch raises": Kind(raising(ValueError), 500, hooks={"catch": "catch_breaks"}),
        "catch hangs": Kind(raising(ValueError), 500, weight=0, hooks={"catch": "catch_hangs"}),
        "catch answers": Kind(
            raising(ValueError), 200, hooks={"catch": "catch_answers"}, compensated=False
        ),
    }


async def breaks(*_: Any) -> None:
    raise ValueError("a hook")


def exits_hook(*_: Any) -> None:
    raise SystemExit(3)


def cancels(*_: Any) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


async def catch_cancels(*_: Any) -> None:
    cancels()
    await asyncio.sleep(0)


def catch_exits(*_: Any) -> None:
    raise SystemExit


def catch_goes(*_: Any) -> None:
    raise GeneratorExit


async def catch_hangs(*_: Any) -> None:
    await asyncio.Event().wait()


async def catch_answers(error: Any, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
    res.status(200).json({"n": req.query["n"]})


HOOKS: dict[str, Callable[..., Any]] = {
    "breaks": breaks,
    "exits_hook": exits_hook,
    "catch_breaks": breaks,
    "cancels": cancels,
    "catch_cancels": catch_cancels,
    "catch_exits": catch_exits,
    "catch_goes": catch_goes,
    "catch_hangs": catch_hangs,
    "catch_answers": catch_answers,
}


class Mix:
    """A gateway with all the kinds behind it, and requests for them at random."""

    def __init__(self, base: Path, seed: int = 0) -> None:
        log = Log(Output.to(os.open(os.devnull, os.O_WRONLY)))
        rates = RateTable.create(64)
        self.host = Host.create(base=base, rates=rates, log=log, threads=40)
        self.counts = Counts()
        self.kinds = kinds(self.counts)
        self.asked: Counter[str] = Counter()
        self._random = random.Random(seed)  # noqa: S311
        self._names = list(self.kinds)
        self._weights = list(itertools.accumulate(k.weight for k in self.kinds.values()))
        functions = dict(HOOKS)
        routes = []
        for number, (name, kind) in enumerate(self.kinds.items()):
            functions[f"h{number}"] = kind.handler
            answers = (p.Answer(200, obj(n=m.Int()) if kind.type is None else kind.type),)
            only = contract(
                f"r{number}", "GET", (f"{number}",), shape(query=obj(n=m.Int()), answers=answers),
                handler=p.PyHandler(p.PyRef("code", f"h{number}")),
            )  # fmt: skip
            hooks = {at: (hook,) for at, hook in kind.hooks.items()}
            # Only those that are to be late have little time.
            timeout = int(TIMEOUT * 1000) if kind.status == 504 else 60_000
            routes.append(route(name, only, timeout=timeout, **hooks))
        self._serving = generation(self.host, plan(*routes), functions)
        epoch = memoryview(bytearray(8)).cast("Q")
        epoch[0] = 1
        self._gateway = Gateway(
            epoch, self._serving, lambda: self._serving, on_idle=lambda _: None, host=self.host
        )

    def _next(self) -> str:
        return self._random.choices(self._names, cum_weights=self._weights)[0]

    async def one(self, number: int) -> None:
        """One request, and whether it was answered as its kind must be."""
        name = self._next()
        self.asked[name] += 1
        kind = self.kinds[name]
        wire = Wire()
        if kind.status == 0:
            wire.gone.set()
        path = f"/{self._names.index(name)}"
        asking = asyncio.ensure_future(
            self._gateway.__rsgi__(Ask("GET", path, f"n={number}"), wire)  # type: ignore[arg-type]
        )
        await asyncio.wait([asking])
        if not asking.cancelled() and asking.exception() is not None:
            self.counts.errors.append(f"{number} {name}: {asking.exception()!r}")
        if not self._right(kind, wire, number):
            said = f"{wire.answers} times, {wire.status} {wire.content[:80]!r}"
            self.counts.errors.append(f"{number} {name}: answered {said}")
        self._ran(number, name, kind)

    def _right(self, kind: Kind, wire: Wire, number: int) -> bool:
        if kind.status == 0:
            return wire.answers == 0
        if wire.answers != 1 or wire.status != kind.status:
            return False
        if kind.check is not None:
            return kind.check(wire, number)
        document = json.loads(wire.content)
        if kind.status == 200:
            return document == {"n": number}
        ours = document["request_id"] == wire.header("x-request-id")
        return ours and document["status"] == kind.status

    def _ran(self, number: int, name: str, kind: Kind) -> None:
        counts = self.counts
        failed = kind.status != 200 if kind.compensated is None else kind.compensated
        expected = (1, int(failed), kind.leaks)
        ran = (
            counts.cleaned.pop(number, 0),
            counts.compensated.pop(number, 0),
            counts.cancelled_tasks.pop(number, 0),
        )
        begun = number in counts.begun
        counts.begun.discard(number)
        if kind.handler is self.kinds["blocks"].handler and not begun:
            # No thread was free before its deadline: it was answered for, and never ran.
            expected = (0, 0, 0)
        if ran != expected:
            counts.errors.append(f"{number} {name}: ran {ran}, expected {expected}")

    async def run(self, numbers: Iterator[int], at_once: int) -> None:
        """All numbers, so many at once."""

        async def client() -> None:
            for number in numbers:
                await self.one(number)

        await asyncio.gather(*(client() for _ in range(at_once)))
        # What comes after the end of the last requests.
        await asyncio.sleep(TIMEOUT * 3)
        counts = self.counts
        if counts.cleaned or counts.compensated or counts.cancelled_tasks:
            counts.errors.append("something ran twice, or late")
        if sum(counts.refused_late.values()) != self.asked["sets late"]:
            counts.errors.append("a context could be used after its end")

    def faults(self) -> list[str]:
        """What went wrong, and what the worker counts that it should not."""
        meters = self.host.meters
        if meters.in_flight.value:
            self.counts.errors.append(f"{meters.in_flight.value} requests are still in flight")
        if meters.outlived_tasks.value != 2 * self.asked["leaks"]:
            self.counts.errors.append(f"{meters.outlived_tasks.value} tasks outlived their request")
        return self.counts.errors

    def close(self) -> None:
        self.host.pool.shutdown(wait=True)
        self.host.close()
        self.host.pages.close()
        self.host.rates.close()
