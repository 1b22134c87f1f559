"""What a module in a process of its own is allowed works, and ends where it should."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from gatid.services.isolation.kernel import Kernel
from gatid_compiler import plan as p
from tests.gatid.services.isolation.running import leased

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.services.conftest import Hosted

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
                    "can't start new thread",
                ),
            )
            for source, fault in too_much:
                with pytest.raises(Exception, match=fault):
                    await run(source)
            assert await run("return 1") == 1

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
            with pytest.raises(Exception, match="not supported yet"):
                await wait("return await mctx.publish('a.b', 1)")

    asyncio.run(main())
    assert "planted" not in hosted.log_path.read_text()
