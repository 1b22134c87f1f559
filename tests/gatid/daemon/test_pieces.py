"""The small parts of the daemon: messages, addresses, the service manager, jobs, granian."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import granian
import pytest
from granian.net import SocketHolder
from granian.server.embed import Server
from hypothesis import given
from hypothesis import strategies as st

from gatid.daemon import listener, messages, places, systemd
from gatid.daemon.fixed import Fixed, Overrides
from gatid.daemon.job import Job, Outcome
from gatid.daemon.listener import ListenError
from gatid.daemon.messages import LIMIT, Drained, Failed, Ready, decode, encode
from gatid.daemon.process import Exit, fork
from gatid.daemon.reactor import Reactor
from gatid.daemon.serving import PortServer
from gatid.daemon.verdict import Verdict
from gatid_compiler.plan import Listen

if TYPE_CHECKING:
    from collections.abc import Callable

numbers = st.integers(0, 2**40)
texts = st.text(max_size=200)
KINDS = {
    messages.Hello: st.builds(messages.Hello, numbers),
    Ready: st.builds(Ready, numbers, st.floats(0, 1e6)),
    Failed: st.builds(Failed, numbers, texts, texts),
    messages.Swapped: st.builds(messages.Swapped, numbers),
    Drained: st.builds(Drained, numbers, st.lists(texts).map(tuple)),
    messages.Stat: st.builds(
        messages.Stat, numbers, numbers, st.lists(numbers).map(tuple), numbers
    ),
    messages.Prepare: st.builds(messages.Prepare, numbers, texts, texts),
    messages.Abort: st.builds(messages.Abort, numbers),
    messages.Commit: st.builds(messages.Commit, numbers),
    messages.AskStat: st.builds(messages.AskStat),
    messages.Stop: st.builds(messages.Stop),
}


@given(st.one_of(*KINDS.values()))
def test_messages_arrive_as_they_were_sent(message: messages.FromWorker) -> None:
    assert decode(encode(message)) == message


@given(st.text(min_size=1), st.integers(1, 300_000))
def test_messages_that_are_too_long_are_cut(text: str, size: int) -> None:
    long = (text * (size // len(text) + 1))[:size]
    for message in (Failed(3, long, long), Drained(3, tuple([long[:2000]] * (size // 100)))):
        data = encode(message)
        assert len(data) <= LIMIT
        assert decode(data).gen == 3


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", Listen("tcp", "127.0.0.1", 80)),
        ("localhost:0", Listen("tcp", "localhost", 0)),
        ("[::1]:8080", Listen("tcp", "::1", 8080)),
        (":8080", Listen("tcp", "0.0.0.0", 8080)),  # noqa: S104
        ("unix:/run/x.sock", Listen("unix", "/run/x.sock")),
        ("fd:web", Listen("fd", "web")),
    ],
)
def test_addresses(text: str, address: Listen) -> None:
    assert listener.parse(text) == address
    if not text.startswith(":"):
        assert listener.show(address) == text


@pytest.mark.parametrize("text", ["", "host", "host:", "host:99999", "::1:80", "unix:", "a b:x"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ListenError, match="is no address"):
        listener.parse(text)


def test_a_unix_socket_that_was_left_is_replaced_and_a_living_one_not(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    first = listener.open_all([Listen("unix", path)], (), 0)
    with pytest.raises(ListenError, match="address already in use"):
        listener.open_all([Listen("unix", path)], (), 0)
    first[0].sock.close()  # as a crash leaves it
    second = listener.open_all([Listen("unix", path)], (), 0)
    second[0].close(remove=True)
    assert not Path(path).exists()
    (tmp_path / "file").write_text("precious")
    with pytest.raises(ListenError):
        listener.open_all([Listen("unix", str(tmp_path / "file"))], (), 0)
    assert (tmp_path / "file").read_text() == "precious"


def test_unknown_names_of_sockets_are_listed() -> None:
    with pytest.raises(ListenError, match="there are: `web`"):
        listener.open_all([Listen("fd", "other")], (systemd.Handed(0, "web"),), 0)


def test_sockets_meant_for_another_process_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", "1")
    monkeypatch.setenv("LISTEN_FDS", "1")
    assert systemd.handed_sockets() == ()
    assert "LISTEN_FDS" not in os.environ


def test_nobody_to_notify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nowhere"))
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    notifier = systemd.Notifier.from_environment()
    assert notifier.watchdog is None
    notifier.ready("x")


def test_where_state_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/x")
    assert places.state_directory(None, "shop") == Path("/x/gatid/shop")
    assert places.state_directory(None, "../up") == Path("/x/gatid/_up")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")
    assert places.state_directory(None, "shop") == Path("/var/lib/a")
    assert places.state_directory(Path("here"), "shop") == Path("here")


def test_changed_packages_need_a_roll_and_new_ones_do_not() -> None:
    here = Fixed((Listen("tcp", "h", 1),), None, 1, 16384, {"a": "1"})
    assert here.refusals(here.with_installed({"b": "1"})) == ()
    (reason,) = here.refusals(Fixed(here.listen, None, 1, 16384, {"a": "2"}))
    assert reason.startswith(
        "`the installed package a` changed from 1 to 2: needs `gatid ctl roll`"
    )
    assert Fixed.from_json(json.loads(json.dumps(here.to_json()))) == here
    assert Overrides() == Overrides((), None)


def test_verdicts_in_words() -> None:
    assert Verdict("unchanged", 3, "p").text() == "nothing changed: generation 3 serves on"
    refused = Verdict("refused", 3, "p", "it is broken", "file:1:1: here\n").text()
    assert refused == "reload refused: it is broken\nfile:1:1: here\ngeneration 3 serves on"


def run_job(body: Callable[[Callable[[object], None]], int], timeout: float = 20.0) -> Outcome:
    reactor = Reactor()
    outcomes: list[Outcome] = []

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        reactor.stop()

    Job(reactor, body, timeout, done)
    reactor.run()
    reactor.close()
    return outcomes[0]


def test_jobs_tell_print_and_end() -> None:
    def body(tell: Callable[[object], None]) -> int:
        print("printed")  # noqa: T201
        tell({"big": "x" * 300_000})
        tell(2)
        return 7

    outcome = run_job(body)
    assert outcome.told == ({"big": "x" * 300_000}, 2)
    assert outcome.printed == "printed\n"
    assert (outcome.exit.status, outcome.timed_out) == (7, False)


def test_a_job_that_hangs_is_killed_with_what_it_started(tmp_path: Path) -> None:
    def body(tell: Callable[[object], None]) -> int:
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(write)
        tell("started")
        os.read(read, 1)  # for ever, in both
        return 0

    outcome = run_job(body, timeout=0.5)
    assert outcome.timed_out
    assert outcome.told[0] == "started"
    assert str(outcome.exit) == "killed by SIGKILL"


def test_what_we_rely_on_of_granian() -> None:
    """Two things that granian does not promise; a new release must be looked at."""
    assert granian.__version__.startswith("2.8.")
    assert "_init_shared_socket" in vars(Server.__mro__[1])
    source = inspect.getsource(Server._spawn_worker)
    assert "(self._ssp, self._shd)" in source
    with socket.create_server(("127.0.0.1", 0)) as sock:
        holder = SocketHolder(os.dup(sock.fileno()), False, 128)  # type: ignore[call-arg]
        assert holder.get_fd() >= 0
        assert holder.is_uds() is False


def test_a_port_server_answers_on_an_inherited_socket_and_gives_it_back() -> None:
    (port,) = listener.open_all([Listen("tcp", "127.0.0.1", 0)], (), 0)
    address = port.sock.getsockname()

    async def application(scope: object, protocol: object) -> None:
        protocol.response_str(200, [], "hello")  # type: ignore[attr-defined]

    async def scenario() -> bytes:
        server = PortServer(application, port, 16384)
        task = asyncio.create_task(server.serve())
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.readuntil(b"hello")
        idle = asyncio.create_task(reader.read())
        server.end()
        assert await idle == b""
        await task
        writer.close()
        return answer

    assert asyncio.run(scenario()).startswith(b"HTTP/1.1 200")
    port.close(remove=True)
    with socket.create_server(address):
        pass


def test_timers_are_called_in_order_and_cancelled_ones_not() -> None:
    reactor = Reactor()
    called: list[int] = []
    reactor.later(0.02, partial(called.append, 2))
    reactor.later(0.01, partial(called.append, 1))
    reactor.later(0.015, partial(called.append, 9)).cancel()
    reactor.later(0.03, reactor.stop)
    reactor.run()
    reactor.close()
    assert called == [1, 2]


def test_a_reaped_child_is_never_signalled_again() -> None:
    """Its descriptor's number soon names the process that was forked next."""
    reactor = Reactor()
    read, write = os.pipe()
    ended: list[Exit] = []

    def wait_for_word() -> int:
        os.close(write)
        return 3 if os.read(read, 1) else 4

    def gone(exit_: Exit) -> None:
        ended.append(exit_)
        reactor.stop()

    first = fork(reactor, lambda: 0, gone)
    number = first.pidfd
    reactor.run()
    second = fork(reactor, wait_for_word, gone)
    same = second.pidfd == number
    first.kill()
    os.write(write, b"x")
    os.close(write)
    reactor.run()
    os.close(read)
    reactor.close()
    assert same
    assert ended == [Exit(0, 0), Exit(3, 0)]
