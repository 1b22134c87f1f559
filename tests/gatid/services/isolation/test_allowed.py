"""What a module in a process of its own is allowed works, and ends where it should."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatid.errors import DeniedError, ModuleError
from gatid.services.isolation.kernel import Kernel
from gatid_compiler import plan as p
from tests.gatid.services.conftest import Hosted
from tests.gatid.services.isolation.running import leased
from tests.gatid.services.isolation.values import VALUES, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    bool(Kernel.here().lacking(network=True)), reason="this kernel cannot confine"
)


@pytest.mark.prop(19)
def test_files_that_are_allowed(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("tea 1")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "old").write_text("old")
    (tmp_path / "one").write_text("x")
    (tmp_path / "other").write_text("planted")
    allowed = (
        p.AllowedFile("prices.csv", write=False),
        p.AllowedFile("data", write=True),
        p.AllowedFile(str(tmp_path / "one"), write=True),
        p.AllowedFile("not/there", write=True),
    )

    async def main() -> None:
        async with leased(hosted, allow_files=allowed) as lease:
            run = lease.clients.m.run
            assert await run(f"return open({str(tmp_path / 'prices.csv')!r}).read()") == "tea 1"
            assert await run(
                "import os, sqlite3\n"
                f"os.chdir({str(tmp_path / 'data')!r})\n"
                "open('new', 'w').write('new')\n"
                "os.rename('new', 'newer')\n"
                "os.unlink('old')\n"
                "os.mkdir('folder')\n"
                "db = sqlite3.connect('folder/db')\n"
                "db.execute('create table t (a)')\n"
                "db.commit()\n"
                "return sorted(os.listdir())"
            ) == ["folder", "newer"]
            assert await run(f"return open({str(tmp_path / 'one')!r}, 'w').write('yes')") == 3
            for denied in (
                "open('../prices.csv', 'a')",
                "open('../other')",
                "import os; os.symlink('/etc/passwd', 'passwd'); open('passwd')",
                "import os; os.rename('newer', '../newer')",
                "import os; os.unlink('../one')",
                "import os; os.mkfifo('pipe')",
                "import os; os.listdir('..')",
                "import os; os.open('as-us', os.O_CREAT | os.O_WRONLY, 0o4755)",
                "import os; os.open('as-us', os.O_CREAT | os.O_WRONLY, 0o2755)",
                "import os; os.open('.', os.O_TMPFILE | os.O_WRONLY, 0o4755)",
            ):
                with pytest.raises(Exception, match=r"PermissionError|OSError: \[Errno 18\]"):
                    await run(denied)

    asyncio.run(main())
    assert (tmp_path / "data" / "newer").read_text() == "new"
    assert (tmp_path / "one").read_text() == "yes"


@pytest.mark.prop(19)
def test_ports_that_are_allowed(hosted: Hosted) -> None:
    """It connects to them, also from asyncio, and neither to others nor in other ways."""
    fast = "import socket; socket.socket().{}"
    connect = "import socket; return socket.create_connection(('127.0.0.1', {})).recv(2)"
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        port, other = one.getsockname()[1], two.getsockname()[1]

        def greet() -> None:
            for _ in range(2):
                with one.accept()[0] as found:
                    found.sendall(b"hi")

        greeter = threading.Thread(target=greet)
        greeter.start()

        async def main() -> None:
            async with leased(hosted, network=(f"*:{port}",)) as lease:
                run, wait = lease.clients.m.run, lease.clients.m.await_
                assert await run(connect.format(port)) == b"hi"
                assert (
                    await wait(
                        f"r, w = await asyncio.open_connection('127.0.0.1', {port})\n"
                        "got = await r.read(2)\n"
                        "w.close()\n"
                        "return got"
                    )
                    == b"hi"
                )
                for denied in (
                    connect.format(other),
                    "import socket; socket.socket().bind(('127.0.0.1', 0))",
                    "import socket; socket.create_server(('127.0.0.1', 0))",
                    "import socket; socket.socket().listen()",
                    "import socket; socket.socket(type=socket.SOCK_DGRAM)",
                    "import socket; socket.socket(proto=262)",
                    "import socket; socket.socket(type=socket.SOCK_RAW, proto=1)",
                    "import socket; socket.socket(socket.AF_UNIX)",
                    # TCP fast open connects as it sends.
                    fast.format(f"sendto(b'x', 0x20000000, ('127.0.0.1', {other}))"),
                    fast.format(f"sendmsg([b'x'], (), 0x20000000, ('127.0.0.1', {other}))"),
                ):
                    with pytest.raises(Exception, match=r"PermissionError: \[Errno (1|13)\]"):
                        await run(denied)

        asyncio.run(main())
        greeter.join()


def test_limits_are_the_kernels(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    limits = p.Isolation(strict=True, memory=64 << 20, open_files=40, file_size=1 << 20, cpu=None)

    async def main() -> None:
        async with leased(
            hosted, isolation=limits, allow_files=(p.AllowedFile("data", write=True),)
        ) as lease:
            run = lease.clients.m.run
            too_much = (
                ("len(bytearray(1 << 30))", "MemoryError"),
                ("import mmap; mmap.mmap(-1, 1 << 30)", "Errno 12"),
                ("import socket; return [socket.socketpair() for _ in range(50)]", "Errno 24"),
                (
                    f"open({str(tmp_path / 'data' / 'big')!r}, 'wb').write(bytes(2 << 20))",
                    "Errno 27",
                ),
                (
                    "import threading, time\n"
                    "threads = []\n"
                    "for _ in range(5000):\n"
                    "    thread = threading.Thread(target=time.sleep, args=(0.5,))\n"
                    "    thread.start()\n"
                    "    threads.append(thread)",
                    "can't (start new thread|allocate lock)|MemoryError",
                ),
            )
            for source, fault in too_much:
                with pytest.raises(Exception, match=fault):
                    await run(source)
            # Python without any memory fails in ways of its own, until the threads have ended.
            async with asyncio.timeout(30):
                while not await answers(run):  # noqa: ASYNC110 - nobody would set the event
                    await asyncio.sleep(0.1)

    async def answers(run: Any) -> bool:
        try:
            return await run("return 1") == 1
        except ModuleError:
            return False

    asyncio.run(main())


@pytest.mark.prop(19)
def test_modules_get_what_they_declare_and_nothing_else(hosted: Hosted) -> None:
    hosted.environ |= {"DSN": "planted-dsn", "OTHER": "planted-other"}
    secrets = (p.Secret("dsn", "env", "DSN", None), p.Secret("other", "env", "OTHER", None))
    ask = "return (await mctx.secrets.get({!r})).reveal()"

    async def main() -> None:
        async with leased(hosted, secrets=secrets, allow_secrets=("dsn",)) as lease:
            wait = lease.clients.m.await_
            assert await wait(ask.format("dsn")) == "planted-dsn"
            for name in ("other", "none"):
                with pytest.raises(Exception, match=r"secret `(other|none)`.*write `"):
                    await wait(ask.format(name))
            for name in (1, None, ["dsn"], {"a": "dsn"}):
                with pytest.raises(Exception):  # noqa: B017, PT011 - refused, however
                    await wait(ask.format(name))
            with pytest.raises(Exception, match="write `allow module x` in module `m`"):
                await wait("return await mctx.modules.x.y()")
            with pytest.raises(Exception, match="no topic `"):
                await wait("return await mctx.publish('a.b', 1)")

    asyncio.run(main())
    assert "planted" not in hosted.log_path.read_text()


class Declared:
    """Modules with different declarations, each in a process that runs through the tests."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.hosted = Hosted(base)
        self.runner = asyncio.Runner()
        self.servers = [socket.create_server(("127.0.0.1", 0)) for _ in NUMBERS]
        for n in NUMBERS:
            self.hosted.environ[f"S{n}"] = f"secret {n}"
            (base / f"f{n}").write_text(f"file {n}")
        secrets = tuple(p.Secret(f"s{n}", "env", f"S{n}", None) for n in NUMBERS)
        self.clients = []
        self._open = []
        for each in DECLARATIONS:
            ports = [self.servers[n].getsockname()[1] for n in each["port"]]
            held = leased(
                self.hosted,
                secrets=secrets,
                allow_secrets=tuple(f"s{n}" for n in each["secret"]),
                allow_files=tuple(
                    p.AllowedFile(f"f{n}", write=n in each["write"])
                    for n in sorted(each["read"] | each["write"])
                ),
                network=tuple(f"*:{port}" for port in ports),
            )
            self._open.append(held)
            self.clients.append(self.runner.run(held.__aenter__()).clients.m)

    def get(self, at: int, kind: str, n: int) -> bool:
        """Whether a module is given one resource; anything but a denial is a fault."""
        client, path = self.clients[at], str(self.base / f"f{n}")
        source = {
            "secret": f"return (await mctx.secrets.get('s{n}')).reveal() == 'secret {n}'",
            "read": f"return open({path!r}).read() == 'file {n}'",
            "write": f"return open({path!r}, 'r+').write('file {n}') == 6",
            "port": "import socket\n"
            f"return socket.create_connection({self.servers[n].getsockname()!r}).close() is None",
        }[kind]
        try:
            assert self.runner.run(client.await_(source)) is True
        except DeniedError:
            assert kind == "secret"
            return False
        except ModuleError as error:
            if kind == "secret" or not re.search(r"PermissionError: \[Errno (1|13)\]", str(error)):
                raise
            return False
        if kind == "port":
            self.servers[n].accept()[0].close()
        return True

    def close(self) -> None:
        for held in reversed(self._open):
            self.runner.run(held.__aexit__(None, None, None))
        self.runner.close()
        self.hosted.close()
        for server in self.servers:
            server.close()


NUMBERS = range(6)
DECLARATIONS: tuple[dict[str, set[int]], ...] = (
    {"secret": {0, 2, 4}, "read": {1, 2}, "write": {3}, "port": {0, 5}},
    {"secret": {5}, "read": {0}, "write": {1, 2, 5}, "port": set()},
    {"secret": set(), "read": set(), "write": set(), "port": {1, 2, 3}},
)


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declared]:
    made = Declared(tmp_path_factory.mktemp("declared"))
    yield made
    made.close()


@pytest.mark.prop(19)
@settings(max_examples=200, deadline=None)
@given(
    at=st.integers(0, len(DECLARATIONS) - 1),
    kind=st.sampled_from(["secret", "read", "write", "port"]),
    n=st.sampled_from(NUMBERS),
)
def test_a_module_gets_a_resource_if_and_only_if_it_declares_it(
    declared: Declared, at: int, kind: str, n: int
) -> None:
    wanted = DECLARATIONS[at]
    allowed = wanted["read"] | wanted["write"] if kind == "read" else wanted[kind]
    assert declared.get(at, kind, n) is (n in allowed)


@pytest.mark.prop(18)
@settings(max_examples=200, deadline=None)
@given(args=st.lists(VALUES, max_size=2), named=st.dictionaries(st.just("key"), VALUES))
def test_arguments_and_results_make_the_round_trip(
    declared: Declared, args: list[Any], named: dict[str, Any]
) -> None:
    """Through the process and back, in either kind of method."""
    client = declared.clients[0]
    for method in (client.echo, client.echo_sync):
        assert shown(declared.runner.run(method(*args, **named))) == shown((tuple(args), named))
