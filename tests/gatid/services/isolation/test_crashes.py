"""A process that crashes, hangs, lies or talks without end costs its own calls and nothing else."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from gatid.errors import (
    HTTPError,
    ModuleCrashedError,
    ModuleError,
    ModuleTimeoutError,
    ModuleUnavailableError,
)
from gatid_compiler import plan as p
from tests.gatid.services.isolation.running import (
    held,
    leased,
    nothing_left,
    pid_of,
    until,
)

if TYPE_CHECKING:
    from tests.gatid.services.conftest import Hosted

GATE = "import asyncio\nawait asyncio.sleep(3600)"


BUILT = "class Module:\n    def __init__(self, mctx):\n        {}"


async def back(lease: Any, before: int | None = None) -> None:
    """Waits until the module runs, in another process than `before`."""
    instance = lease._held[-1][1]
    await until(lambda: instance.up and instance._running.pid not in (None, before))


def test_a_crash_ends_the_calls_under_way_and_no_others(hosted: Hosted) -> None:
    async def main() -> None:
        async with leased(hosted) as lease:
            wait = lease.clients.m.await_
            under_way = [asyncio.create_task(wait(GATE)) for _ in range(50)]
            assert await wait("return 1") == 1
            os.kill(pid_of(lease), signal.SIGKILL)
            for call in under_way:
                with pytest.raises(ModuleCrashedError, match="killed by SIGKILL"):
                    await call
            with pytest.raises(ModuleUnavailableError):
                await wait("return 1")
            await back(lease)
            assert await wait("return 2") == 2

    asyncio.run(main())


CRASHES = (
    ("import os; os._exit(7)", "it exited with status 7"),
    ("import os; os.abort()", "killed by SIGABRT"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
    ("import os; os.closerange(3, 256)", "it (closed its socket|was killed by|exited)"),
    ("import os; [os.write(fd, b'garbage' * 99) for fd in SOCKETS]", "no frame|of .* bytes"),
    (
        "import os, struct\nfor fd in SOCKETS: os.write(fd, struct.pack('<IBI', 1 << 30, 21, 1))",
        "a frame of 1073741824 bytes",
    ),
    (
        "import os, struct\nfor fd in SOCKETS: os.write(fd, struct.pack('<IBI', 2 << 20, 26, 0))",
        "a frame of 2097152 bytes",
    ),
    (
        "import os, struct\n"
        "for fd in SOCKETS: os.write(fd, struct.pack('<IBI', 5, 21, 9999) + b'\\0null')",
        "makes no sense",
    ),
    (
        "import os, struct\n"
        "for fd in SOCKETS: os.write(fd, struct.pack('<IBI', 5, 26, 1) + b'\\0null')",
        "makes no sense",
    ),
    (
        "import os, struct\n"
        "for fd in SOCKETS: os.write(fd, struct.pack('<IBI', 5, 20, 0) + b'\\0null')",
        "makes no sense",
    ),
    (
        "import os, struct\n"
        "for fd in SOCKETS: os.write(fd, struct.pack('<IBI', 3, 22, 2) + b'\\0[]')",
        "no exception",
    ),
)
"""What a module does, and what is told of it."""

FIND = (
    "import os, stat\n"
    "SOCKETS = []\n"
    "for fd in range(3, 256):\n"
    "    try:\n"
    "        link = os.fstat(fd)\n"
    "    except OSError:\n"
    "        continue\n"
    "    if stat.S_ISSOCK(link.st_mode):\n"
    "        SOCKETS.append(fd)\n"
)


def test_whatever_it_does_is_told(hosted: Hosted) -> None:
    """Also what it writes past us to its socket, which it may find among its descriptors."""

    async def main() -> None:
        async with leased(hosted) as lease:
            for crash, told in CRASHES:
                pid = pid_of(lease)
                with pytest.raises(ModuleCrashedError, match=told):
                    await lease.clients.m.await_(f"{FIND}{crash}\nawait asyncio.sleep(3600)")
                await back(lease, pid)
                assert await lease.clients.m.run("return 1") == 1

    asyncio.run(main())


def test_what_ends_by_itself_is_not_waited_for(hosted: Hosted) -> None:
    """Cancelled calls are cancelled there; a sync one counts until its thread has ended."""

    async def main() -> None:
        async with leased(hosted, timeout=200) as lease:
            client = lease.clients.m
            with pytest.raises(ModuleTimeoutError):
                await client.await_(
                    "import builtins\n"
                    "try:\n"
                    "    await asyncio.sleep(3600)\n"
                    "except asyncio.CancelledError:\n"
                    "    builtins.cancelled = True\n"
                    "    raise"
                )
            assert await client.run("import builtins; return builtins.cancelled")
            with pytest.raises(ModuleTimeoutError):
                await client.run("import time; time.sleep(1.5)")
            calls = lease._held[-1][1]._running.calls
            assert len(calls) == 1
            assert await client.run("return 1") == 1
            await calls.idle()
            # A module that swallows its cancellation keeps its turn until it ends.
            with pytest.raises(ModuleTimeoutError):
                await client.await_(
                    "for _ in range(3):\n"
                    "    try:\n"
                    "        await asyncio.sleep(0.3)\n"
                    "    except asyncio.CancelledError:\n"
                    "        pass\n"
                )
            await calls.idle()
            assert await client.run("return 1") == 1

    asyncio.run(main())


def test_what_is_raised_arrives_by_name(hosted: Hosted) -> None:
    async def main() -> None:
        async with leased(hosted) as lease:
            run, wait = lease.clients.m.run, lease.clients.m.await_
            source = (
                "from gatid.errors import HTTPError\nraise HTTPError(409, 'out of stock', 'tea')"
            )
            with pytest.raises(HTTPError) as answer:
                await run(source)
            assert (answer.value.status, answer.value.title, answer.value.detail) == (
                409, "out of stock", "tea",
            )  # fmt: skip
            for fault, named in (
                ("raise KeyError('x')", "`run` raised KeyError: 'x'"),
                ("class Odd(Exception):\n    pass\nraise Odd('x' * 99999)", "Odd: xxxx"),
                ("raise SystemExit(3)", "SystemExit: 3"),
                ("return object()", "NotSerialisableError: a `object` cannot cross"),
                ("return b'x' * (17 << 20)", "TooLargeError: .* 16 MiB"),
                ("class T(Exception):\n    def __str__(self): 1/0\nraise T", "its text raised"),
            ):
                with pytest.raises(ModuleError, match=named) as told:
                    await run(fault)
                assert len(str(told.value)) < 10_000
                if "raise" in fault:
                    assert "in the process of module `m`" in told.value.__notes__[0]
            with pytest.raises(ModuleError, match="something that was cancelled"):
                await wait(
                    "task = asyncio.ensure_future(asyncio.sleep(9))\ntask.cancel()\nawait task"
                )
            with pytest.raises(TypeError, match="a `object` cannot cross"):
                await run(object())
            with pytest.raises(ValueError, match="16 MiB"):
                await run("x" * (17 << 20))
            assert await run("return b'x' * (11 << 20)") == b"x" * (11 << 20)

    asyncio.run(main())


def test_more_calls_than_run_at_once_wait_for_their_turn(hosted: Hosted) -> None:
    """All are answered, none twice, and none mixed up."""

    async def main() -> None:
        async with leased(hosted) as lease:
            wait = lease.clients.m.await_
            source = "await asyncio.sleep({} % 7 / 1000)\nreturn {}"
            given = [asyncio.create_task(wait(source.format(n, n))) for n in range(2_000)]
            rng = random.Random(5)  # noqa: S311 - no secret
            given_up = set(rng.sample(range(2_000), 300))
            await asyncio.sleep(0.01)
            for n in given_up:
                given[n].cancel()
            found = await asyncio.gather(*given, return_exceptions=True)
            for n, value in enumerate(found):
                assert value == n or (n in given_up and isinstance(value, asyncio.CancelledError))
            running = lease._held[-1][1]._running
            await running.calls.idle()
            assert not running._waiting

    asyncio.run(main())


def test_a_process_that_hangs_is_ended(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatid.services.isolation.process.PING", 0.2)

    async def main() -> None:
        async with leased(hosted) as lease:
            wait = lease.clients.m.await_
            other = asyncio.create_task(wait(GATE))
            with pytest.raises(ModuleCrashedError, match="did not answer"):
                await wait("while True: pass")
            with pytest.raises(ModuleCrashedError, match="did not answer"):
                await other
            await back(lease)
            stopped = asyncio.create_task(wait(GATE))
            os.kill(pid_of(lease), signal.SIGSTOP)
            with pytest.raises(ModuleCrashedError, match="did not answer"):
                await stopped

    asyncio.run(main())


def test_threads_without_end_are_ended(hosted: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are taken from all processes of the machine."""
    monkeypatch.setattr("gatid.services.isolation.process.PING", 0.2)
    monkeypatch.setattr("gatid.services.isolation.process._THREADS", 100)
    many = (
        "import threading\n"
        "gate = threading.Event()\n"
        "for _ in range({}): threading.Thread(target=gate.wait, daemon=True).start()\n"
        "await asyncio.sleep({})"
    )

    async def main() -> None:
        async with leased(hosted) as lease:
            await lease.clients.m.await_(many.format(50, 0.5))
            with pytest.raises(ModuleCrashedError, match="threads, more than 100"):
                await lease.clients.m.await_(many.format(150, 3600))

    asyncio.run(main())


def test_processor_time_has_an_end(hosted: Hosted) -> None:
    async def main() -> None:
        limits = p.Isolation(strict=True, cpu=1000)
        async with leased(hosted, isolation=limits) as lease:
            with pytest.raises(ModuleCrashedError, match="processor time"):
                await lease.clients.m.run("while True: pass")

    asyncio.run(main())


def test_what_it_tells_without_end_is_heard_in_measure(hosted: Hosted) -> None:
    """Its other calls wait; the worker's loop does not."""

    async def main() -> None:
        async with leased(hosted) as lease:
            run = lease.clients.m.run
            await run(
                "import os\n"
                "for n in range(3_000): names = mctx.log.info('told', n=n)\n"
                "for n in range(3_000): mctx.metrics.counter('told', 1)\n"
                "os.write(1, b'printed' * 5000 + b'\\nmore\\n')"
            )
            assert await run("mctx.metrics.counter('gatid_x'); return 1") == 1
            await run("print('said'); import logging; logging.getLogger('lib').warning('warned')")
            await run("import warnings; warnings.warn('careful')")
            await run("mctx.log.info('y' * (17 << 20), many=['z' * 99] * 999_999, n=10**5000)")
        events = hosted.events()
        assert [each["n"] for each in events if each["message"] == "told"] == list(range(3_000))
        assert any(each["message"][:3] == "yyy" for each in events)
        for message in ("said", "warned", "careful", "more", "a metric was not taken"):
            assert any(each["message"] == message for each in events), message
        assert {each["module"] for each in events} == {"m"}

    asyncio.run(main())


def test_what_it_prints_without_end_is_read_in_turns(hosted: Hosted) -> None:
    """Between two turns the worker's loop is free, however many lines come at once."""

    async def main() -> None:
        turns = []
        async with leased(hosted) as lease:
            running = lease._held[-1][1]._running
            tell = running._child._tell
            running._child._tell = lambda most: turns.append(most) or tell(most)
            await lease.clients.m.run(
                "import os\n"
                "os.write(1, b''.join(b'line %d\\n' % n for n in range(250)))\n"
                "os.write(1, b'the last one\\n')"
            )
            await until(
                lambda: hosted.events()[-1:] and hosted.events()[-1]["message"] == "the last one"
            )
            assert len(turns) >= 3
            assert max(turns) <= 100
            with pytest.raises(ModuleCrashedError):
                await lease.clients.m.run(
                    "import os\nos.write(1, b'again\\n' * 3_000)\nos._exit(1)"
                )
        messages = [each["message"] for each in hosted.events() if each.get("stream")]
        assert messages[:251] == [*(f"line {n}" for n in range(250)), "the last one"]
        again = messages.count("again")
        assert f"and {3_000 - again} lines more" in messages

    asyncio.run(main())


@pytest.mark.prop(18)
def test_any_mix_of_faults_is_told_and_leaves_nothing(hosted: Hosted) -> None:
    """Calls that answer, raise, wait, are given up: each ends as it should, or by the crash."""
    rng = random.Random(11)  # noqa: S311 - no secret
    told: dict[str, int] = {}

    async def call(lease: Any) -> None:
        kind = rng.choice(("value", "value", "value", "raise", "give up", "large", "late"))
        n = rng.randrange(1 << 40)
        client = lease.clients.m
        try:
            match kind:
                case "value":
                    assert await client.run(f"return [{n}, {{'a': ({n},)}}]") == [n, {"a": (n,)}]
                case "raise":
                    with pytest.raises(HTTPError) as raised:
                        await client.run(
                            f"from gatid.errors import HTTPError; raise HTTPError(418, '{n}')"
                        )
                    assert raised.value.title == str(n)
                case "give up":
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.005):
                            await client.await_(GATE)
                case "large":
                    assert len(await client.run(f"return b'x' * {n % (1 << 21)}")) == n % (1 << 21)
                case _:
                    await client.await_(f"await asyncio.sleep({n % 20} / 1000)")
        except ModuleUnavailableError:
            await back(lease)
            kind = "unavailable"
        except ModuleCrashedError:
            await back(lease)
            kind = "crashed"
        told[kind] = told.get(kind, 0) + 1

    async def some(lease: Any, count: int) -> None:
        for _ in range(count):
            await call(lease)

    async def main() -> None:
        # What the loop and the libraries open once stays open.
        async with leased(hosted) as lease:
            await some(lease, 1)
        told.clear()
        before = await held()
        async with leased(hosted) as lease:
            running = asyncio.gather(*(some(lease, 30) for _ in range(20)))
            killed = None
            for _ in range(4):
                await asyncio.sleep(rng.random() / 5)
                await back(lease, killed)
                killed = pid_of(lease)
                os.kill(killed, signal.SIGKILL)
            await running
            instance = lease._held[-1][1]
            await until(lambda: instance.restarts >= 4)
            await instance._running.calls.idle()
        await nothing_left(before)

    asyncio.run(main())
    assert sum(told.values()) == 600
    assert told["crashed"]
    assert told["value"] > 50


def test_one_that_cannot_start_says_why(hosted: Hosted) -> None:
    faults = {
        BUILT.format("raise ValueError('no')"): "ValueError: no",
        "import not_there": "No module named 'not_there'",
        "x = (": "SyntaxError",
        "open('/etc/passwd')": "PermissionError",
        "import os; os._exit(4)": "it exited with status 4",
        BUILT.format("pass\n    def start(self): pass"): "async def start",
        "Module = 3": "is no class",
        "raise SystemExit(3)": "SystemExit",
        "pass": "has no `Module`",
    }

    async def main() -> None:
        before = await held()
        for source, told in faults.items():
            with pytest.raises(ModuleError, match=told) as raised:
                await entered(hosted, source)
            assert "it did not start" in str(raised.value)
        await nothing_left(before)

    asyncio.run(main())


async def entered(hosted: Hosted, source: str) -> None:
    async with leased(hosted, source):
        pass


def test_a_start_that_is_given_up_leaves_nothing(hosted: Hosted) -> None:
    async def main() -> None:
        before = await held()
        for wait in (0.0, 0.01, 0.1, 0.4):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(entered(hosted, "import time; time.sleep(3600)"), wait)
        await nothing_left(before)

    asyncio.run(main())


def test_a_call_that_is_given_up_before_it_begins_has_ended(hosted: Hosted) -> None:
    """Call and cancellation may arrive together."""

    async def main() -> None:
        async with leased(hosted) as lease:
            given = [asyncio.create_task(lease.clients.m.await_("return 1")) for _ in range(50)]
            await asyncio.sleep(0)
            for call in given:
                call.cancel()
            await asyncio.wait(given)
            running = lease._held[-1][1]._running
            async with asyncio.timeout(30):
                await running.calls.idle()

    asyncio.run(main())
