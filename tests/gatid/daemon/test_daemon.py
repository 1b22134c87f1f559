"""Whole daemons, as processes: they answer, swap under load, refuse, and survive."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import threading
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from gatid.daemon import control
from gatid.daemon.database import Database
from tests.gatid.daemon.running import (
    HANDLERS,
    PATIENCE,
    Daemons,
    Load,
    Running,
    alive,
    get,
    request,
    until,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


async def reload(running: Running) -> control.Reloaded:
    return await asyncio.to_thread(running.daemon.reload, True)


def test_it_answers_from_every_worker_and_stops_well(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder))
    status = running.status()
    assert (status["app"], status["generation"], status["phase"]) == ("desk", 1, "idle")
    pids = {worker["pid"] for worker in status["workers"]}
    assert len(pids) == 2
    until(lambda: {running.get()["pid"] for _ in range(20)} == pids)
    (folder / "gate").touch()
    running.daemon.stop()
    assert running.process.wait(PATIENCE) == 0
    assert not any(alive(pid) for pid in pids)
    assert running.notified.until("STOPPING")
    assert {event["level"] for event in running.log()} == {"info"}


def test_no_process_of_it_leaves_a_dump(daemons: Daemons, folder: Path) -> None:
    """It would hold every secret that was read."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        running = daemons.start(write(folder))
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    for pid in (running.process.pid, *running.pids()):
        assert resource.prlimit(pid, resource.RLIMIT_CORE)[0] == 0
    assert running.get()["value"] == 1


def test_swaps_under_load_lose_nothing_and_never_go_back(daemons: Daemons, folder: Path) -> None:
    entry = write(folder, 1)
    running = daemons.start(entry)

    async def scenario() -> Load:
        async with Load(running.port) as load:
            await load.more(200)
            for value in range(2, 10):
                write(folder, value)
                result = await reload(running)
                assert result.ok, result.message
                # Whoever asks from now on gets the new one.
                assert (await asyncio.to_thread(running.get))["value"] == value
                await load.more(50)
        return load

    load = asyncio.run(scenario())
    assert load.faults == []
    assert load.stale == 0
    assert load.seen == set(range(1, 10))
    status = running.status()
    assert status["generation"] == 9
    assert {worker["generation"] for worker in status["workers"]} == {9}
    until(lambda: [e for e in running.log() if e["message"] == "drained" and e["generation"] == 8])
    assert {tuple(e["leaked"]) for e in running.log() if e["message"] == "drained"} == {()}


REFUSED = {
    "configuration": ("route oops {", None, ["syntax-error", "app.gati:", "1 error"]),
    "unknown type": (
        "route bad GET /bad { returns Nothing\n handler desk.handlers:answer }",
        None,
        ["unknown-type", "`Nothing`"],
    ),
    "raises": ("", "1 / 0", ["ZeroDivisionError", "desk/handlers.py", "1 / 0"]),
    "import": ("", "import nowhere", ["No module named 'nowhere'", "desk/handlers.py"]),
    "os._exit": ("", "import os\nos._exit(0)", ["desk/handlers.py", "ended the process"]),
    "sys.exit": ("", "import sys\nsys.exit(3)", ["SystemExit: 3"]),
    "killed": ("", "import os\nos.kill(os.getpid(), 9)", ["desk/handlers.py", "SIGKILL"]),
    "hangs": (
        "",
        "import threading\nthreading.Event().wait()",
        ["desk/handlers.py", "longer than 2 s", "in <module>"],
    ),
    "keyboard": ("", "raise KeyboardInterrupt", ["KeyboardInterrupt", "desk/handlers.py"]),
    "writes everywhere": (
        "",
        "import os\n"
        "for fd in range(3, 40):\n"
        '    try: os.write(fd, b\'junk\\n3\\n{"ends": 1}\\n{"reason": 5}\\n\')\n'
        "    except OSError: pass\n"
        "1 / 0",
        ["ZeroDivisionError", "desk/handlers.py"],
    ),
    "prints without end": ("", "while True: print('x' * 1000)", ["desk/handlers.py"]),
    "output spoils nothing": (
        "",
        "import os\nprint('{}')\nos.write(1, b'{\"linked\": true}\\n')\nos._exit(5)",
        ["exit status 5", "linked"],
    ),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Running, Path]]:
    """One daemon that all the refused candidates are sent to."""
    with TemporaryDirectory(prefix="gatid-") as name:
        made = Daemons(Path(name))
        try:
            yield made.start(write(Path(name), 1), workers=1, scout=2.0), Path(name)
        finally:
            made.end()


@pytest.mark.parametrize("kind", REFUSED)
def test_a_candidate_at_fault_is_refused_with_the_reason(
    shared: tuple[Running, Path], kind: str
) -> None:
    running, folder = shared
    before = running.get()["value"]
    generation = running.status()["generation"]
    more, bad, reasons = REFUSED[kind]
    write(folder, 100, more=more, handlers=HANDLERS if bad is None else f"{HANDLERS}\n{bad}\n")
    result = running.daemon.reload(True)
    assert not result.ok
    for reason in reasons:
        assert reason in result.message
    assert f"generation {generation} serves on" in result.message
    assert "gatid_plan" not in result.message
    assert running.get()["value"] == before
    write(folder, before + 1)
    assert running.daemon.reload(True).ok
    assert running.get()["value"] == before + 1


def test_what_a_handler_file_prints_is_logged(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1), workers=1)
    write(folder, 2, handlers=f"print('hello from the file')\n{HANDLERS}")
    assert running.daemon.reload(True).ok
    assert running.get()["value"] == 2
    assert any("hello from the file" in json.dumps(event) for event in running.log())


def test_a_broken_configuration_does_not_start(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, more="route {"), ready=False)
    assert running.process.wait(PATIENCE) == 1
    text = running.log_path.read_text()
    assert "syntax-error" in text
    assert "cannot serve" in text


def test_handlers_that_do_not_load_do_not_start(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, handlers=HANDLERS + "\n1 / 0"), ready=False)
    assert running.process.wait(PATIENCE) == 1
    assert "ZeroDivisionError" in running.log_path.read_text()


def test_a_taken_port_is_one_clear_line(daemons: Daemons, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = daemons.start(write(folder), listen=(f"127.0.0.1:{port}",), ready=False)
        assert running.process.wait(PATIENCE) == 1
    said = [e["reason"] for e in running.log() if "reason" in e]
    assert said == [
        f"cannot listen on 127.0.0.1:{port}: address already in use (choose another with --listen)"
    ]


def test_an_equal_plan_changes_nothing(daemons: Daemons, folder: Path) -> None:
    entry = write(folder)
    running = daemons.start(entry, workers=1)
    entry.write_text("# a comment\n" + entry.read_text())
    result = running.daemon.reload(True)
    assert result.ok
    assert result.answer["outcome"] == "unchanged"
    assert running.status()["generation"] == 1


def test_many_reloads_at_once_become_few(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1), workers=1)
    write(folder, 2)
    results: list[control.Reloaded] = []
    threads = [
        threading.Thread(target=lambda: results.append(running.daemon.reload(True)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 12
    assert all(result.ok for result in results)
    assert running.status()["generation"] == 2
    verdicts = [e for e in running.log() if e["message"] in ("swapped", "nothing changed")]
    assert len(verdicts) < 12


def test_what_a_reload_cannot_change_is_refused_by_name(daemons: Daemons, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listen = f'listen "127.0.0.1:{port}"'
    entry = write(folder, 1, app=f"  {listen}\n  workers 1")
    running = daemons.start(entry, workers=None, listen=())
    changes = {
        '  listen "127.0.0.1:1"\n  workers 1': ["`listen` changed"],
        f"  {listen}\n  workers 3": ["`workers` changed from 1 to 3"],
        f"  {listen}\n  workers 1\n  limits {{ max_header 32KiB }}": [
            "`max_header` changed from 16384B to 32768B"
        ],
        f'  {listen}\n  workers 2\n  admin "127.0.0.1:1"': [
            "`admin` changed from none to 127.0.0.1:1",
            "`workers` changed",
        ],
    }
    for app, names in changes.items():
        write(folder, 2, app=app)
        result = running.daemon.reload(True)
        assert not result.ok
        for name in [*names, "needs `gatid ctl roll`"]:
            assert name in result.message
        assert get(port)["value"] == 1


def test_kill_9_of_workers_under_load(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1))
    write(folder, 2)
    assert running.daemon.reload(True).ok
    before = running.pids()

    async def scenario() -> Load:
        async with Load(running.port, 8) as load:
            await load.more(100)
            for pid in before:
                os.kill(pid, signal.SIGKILL)
                await load.more(100)
                await asyncio.to_thread(until, partial(replaced, running, pid))
            await load.more(100)
        return load

    load = asyncio.run(scenario())
    # Each connection fails at most once for each worker that was killed.
    assert len(load.faults) <= 8 * len(before)
    assert load.seen == {2}
    after = set(running.pids())
    assert len(after) == 2
    assert not after & set(before)


def replaced(running: Running, pid: int) -> bool:
    return serving(running, 2) and not alive(pid)


def serving(running: Running, count: int) -> bool:
    workers = running.status()["workers"]
    generation = running.status()["generation"]
    return [worker["generation"] for worker in workers] == [generation] * count


def test_a_worker_that_dies_while_it_prepares_aborts(daemons: Daemons, folder: Path) -> None:
    """The scout sees nothing; only in a worker does the file end the process."""
    running = daemons.start(write(folder, 1))
    bad = (
        "\nimport threading, os"
        "\nif any('gatid-prepare' in t.name for t in threading.enumerate()):"
        "\n    os.kill(os.getpid(), 9)"
    )
    write(folder, 2, handlers=HANDLERS + bad)
    result = running.daemon.reload(True)
    assert not result.ok
    assert "a worker died while it prepared the plan" in result.message
    until(lambda: serving(running, 2))
    assert running.get()["value"] == 1
    write(folder, 3)
    assert running.daemon.reload(True).ok
    assert running.get()["value"] == 3


def test_a_worker_that_is_not_ready_in_time_aborts(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1), prepare=1.0)
    bad = (
        "\nimport threading"
        "\nif any('gatid-prepare' in t.name for t in threading.enumerate()):"
        "\n    threading.Event().wait()"
    )
    write(folder, 2, handlers=HANDLERS + bad)
    result = running.daemon.reload(True)
    assert not result.ok
    assert "2 of 2 workers were not ready within 1 s" in result.message
    write(folder, 3)
    assert running.daemon.reload(True).ok
    assert running.get()["value"] == 3


def test_kill_9_of_the_supervisor(daemons: Daemons, folder: Path) -> None:
    """Workers see its end and stop; the next daemon takes the port, and new numbers."""
    entry = write(folder, 1)
    running = daemons.start(entry)
    port, pids = running.port, running.pids()
    write(folder, 2)
    assert running.daemon.reload(True).ok
    running.process.kill()
    running.process.wait()
    again = daemons.start(entry, listen=(f"127.0.0.1:{port}",))
    assert again.get()["value"] == 2
    assert again.status()["generation"] == 3
    until(lambda: not any(alive(pid) for pid in pids))
    stored = again.status()["stored"]
    assert stored["generations"] == [1, 2, 3]
    assert stored["contracts"] == 2 * 2
    assert stored["types"] == 1
    generations = Database(folder / "state" / "store.db").kept().generations
    assert max(generations.items()) == (3, again.status()["plan"])


def test_what_it_stored_and_finds_damaged_is_named(daemons: Daemons, folder: Path) -> None:
    entry = write(folder, 1)
    first = daemons.start(entry)
    plan = first.status()["plan"]
    first.process.terminate()
    first.process.wait()
    stored = folder / "state" / f"{plan}.plan"
    stored.write_bytes(stored.read_bytes()[:-7])
    second = daemons.start(entry)
    assert any(str(stored) in event["message"] for event in second.log())
    assert second.get()["value"] == 1
    assert second.status()["plan"] == plan
    second.process.terminate()
    second.process.wait()
    store = folder / "state" / "store.db"
    data = bytearray(store.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    store.write_bytes(data)
    third = daemons.start(entry, ready=False)
    assert third.process.wait(PATIENCE) == 1
    assert any(f"`{store}` is damaged" in json.dumps(event) for event in third.log())
    store.unlink()
    assert daemons.start(entry).status()["generation"] > 2


def test_requests_under_way_are_answered_when_it_stops(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 7), workers=1)
    port = running.port
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: running.status()["workers"][0]["inflight"] == 1)
        running.process.send_signal(signal.SIGTERM)
        running.notified.until("STOPPING")
        until(lambda: refused(port))
        (folder / "gate").touch()
        answer = sock.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"value":7' in answer
    assert running.process.wait(PATIENCE) == 0


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_second_signal_does_not_wait(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder), workers=1, drain=600)
    with socket.create_connection(("127.0.0.1", running.port), PATIENCE) as sock:
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: running.status()["workers"][0]["inflight"] == 1)
        running.process.send_signal(signal.SIGINT)
        running.notified.until("STOPPING")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(PATIENCE) == 0


def test_an_old_generation_lives_until_its_last_request(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1), workers=1)
    with socket.create_connection(("127.0.0.1", running.port), PATIENCE) as sock:
        sock.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        until(lambda: running.status()["workers"][0]["inflight"] == 1)
        write(folder, 2)
        assert running.daemon.reload(True).ok
        assert running.get()["value"] == 2
        assert running.status()["workers"][0]["draining"] == [1]
        (folder / "gate").touch()
        assert b'"value":1' in sock.makefile("rb").read()
    until(lambda: running.status()["workers"][0]["draining"] == [])
    until(lambda: [e for e in running.log() if e["message"] == "drained"])


def test_the_service_manager_hears_all_of_it(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder, 1), workers=1)
    assert running.notified.heard[-1]["STATUS"] == "generation 1 serves"
    write(folder, 2)
    running.process.send_signal(signal.SIGHUP)
    reloading = running.notified.until("RELOADING")
    assert int(reloading["MONOTONIC_USEC"]) > 0
    assert running.notified.until("READY")["STATUS"] == "generation 2 serves"
    write(folder, 3, more="route {")
    running.process.send_signal(signal.SIGHUP)
    running.notified.until("RELOADING")
    status = running.notified.until("READY")["STATUS"]
    assert status == "generation 2 serves; reload refused: `app.gati` has 1 error"
    running.process.send_signal(signal.SIGTERM)
    running.notified.until("STOPPING")


def test_an_abstract_notify_socket_and_the_watchdog(daemons: Daemons, folder: Path) -> None:
    env = {"WATCHDOG_USEC": "300000"}
    notify = f"@gatid-test-{os.getpid()}-{folder.name}"
    running = daemons.start(write(folder), workers=2, env=env, notify=notify)
    for _ in range(3):
        running.notified.until("WATCHDOG")
    # A worker that does not answer is not vouched for: the pings end.
    os.kill(running.pids()[0], signal.SIGSTOP)
    running.notified.sock.settimeout(1.0)
    with pytest.raises(TimeoutError):
        running.notified.until("NEVER")
    assert len(running.notified.heard) < 100
    running.process.kill()


@pytest.mark.parametrize("listen", ["fd:web", None])
def test_sockets_that_were_handed_over(daemons: Daemons, folder: Path, listen: str | None) -> None:
    """By the name that the service manager gave, or because the address is the same."""
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]
        addresses = (listen or f"127.0.0.1:{port}",)
        running = daemons.start(
            write(folder, 5), workers=1, listen=addresses, handed=(ours,), names="web"
        )
    assert get(port)["value"] == 5
    assert running.status()["listen"] == [f"http://127.0.0.1:{port}"]


def test_several_listeners_a_unix_socket_among_them(daemons: Daemons, folder: Path) -> None:
    path = str(folder / "web.sock")
    running = daemons.start(write(folder, 4), workers=1, listen=("127.0.0.1:0", f"unix:{path}"))
    assert running.get()["value"] == 4
    assert request(path, "/answer")[0] == 200
    running.daemon.stop()
    assert not Path(path).exists()


def test_the_admin_listener(daemons: Daemons, folder: Path) -> None:
    admin = str(folder / "admin.sock")
    running = daemons.start(write(folder, 1, app=f'  admin "unix:{admin}"'))
    for _ in range(5):
        running.get()
    assert request(admin, "/healthz")[0] == 200
    assert request(admin, "/readyz") == (200, b"ready\n")
    assert request(admin, "/other")[0] == 404
    text = request(admin, "/metrics")[1].decode()
    assert 'status="200"} 5.0' in text
    assert "gatid_workers 2\n" in text
    assert request(("127.0.0.1", running.port), "/metrics")[0] == 404
    for pid in running.pids():
        os.kill(pid, signal.SIGKILL)
    # Counters survive the workers that counted.
    until(lambda: serving(running, 2))
    running.get()
    text = request(admin, "/metrics")[1].decode()
    assert 'status="200"} 6.0' in text
    assert "gatid_worker_deaths_total 2\n" in text


def test_a_plan_serves_without_its_sources(daemons: Daemons, folder: Path) -> None:
    from gatid_compiler.pipeline import compile_project
    from gatid_compiler.plan_json import dumps

    plan = compile_project(write(folder, 8)).plan
    assert plan is not None
    (folder / "elsewhere").mkdir()
    path = folder / "elsewhere" / "desk.plan"
    path.write_bytes(dumps(plan))
    running = daemons.start(path, workers=1)
    assert running.get()["value"] == 8
    path.write_bytes(b"{}")
    assert "is no plan" in running.daemon.reload(True).message
    assert running.get()["value"] == 8


def test_one_daemon_a_state_directory(daemons: Daemons, folder: Path) -> None:
    running = daemons.start(write(folder), workers=1)
    second = daemons.start(folder / "app.gati", workers=1, ready=False)
    assert second.process.wait(PATIENCE) == 1
    assert f"another daemon (process {running.process.pid})" in second.log_path.read_text()
    assert running.get()["value"] == 1


def test_daemons_are_found(daemons: Daemons, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(control.NoDaemonError, match="no daemon of this user runs"):
        control.find(None)
    first = daemons.start(write(folder), workers=1)
    assert control.find(None).state == first.state
    long = "s" * 90
    second = daemons.start(folder / "app.gati", workers=1, state=long)
    # Its control socket would have too long a path there.
    assert len(str(control.find(folder / long).control)) < 108
    assert control.find(folder / long).status()["pid"] == second.process.pid
    with pytest.raises(control.ManyDaemonsError) as many:
        control.find(None)
    assert str(folder / "state") in str(many.value)
    assert long in str(many.value)
    monkeypatch.setenv("STATE_DIRECTORY", str(folder / long))
    assert control.find(None).status()["pid"] == second.process.pid
    monkeypatch.delenv("STATE_DIRECTORY")
    second.process.kill()
    second.process.wait()
    assert control.find(None).state == first.state  # the stale entry is seen through
    with pytest.raises(control.NoDaemonError, match="no daemon holds"):
        control.find(folder / long)


def test_no_worker_holds_what_is_not_its_own(daemons: Daemons, folder: Path) -> None:
    """Of the socket pairs with the supervisor, each worker has one end of one."""
    running = daemons.start(write(folder), workers=3)
    os.kill(running.pids()[0], signal.SIGKILL)
    until(lambda: serving(running, 3))

    def sockets(pid: int) -> set[str]:
        links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
        return {link for link in links if link.startswith("socket:")}

    supervisor = sockets(running.process.pid)
    shared = set.intersection(supervisor, *(sockets(pid) for pid in running.pids()))
    # The listening one, and both ends of each worker's inbox for topics.
    assert len(shared) == 1 + 2 * 3
    for pid in running.pids():
        assert sockets(pid) & supervisor == shared
    threads = len(list(Path(f"/proc/{running.process.pid}/task").iterdir()))
    assert threads == 1
