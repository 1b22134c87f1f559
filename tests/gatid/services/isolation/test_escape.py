"""A module in a process of its own tries to get out. Each way is denied, and nothing is killed."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from gatid.services.isolation.kernel import Kernel
from tests.gatid.services.conftest import Hosted
from tests.gatid.services.isolation.running import leased

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    bool(Kernel.here().lacking(network=True)), reason="this kernel cannot confine"
)

DENIED = (errno.EPERM, errno.EACCES)

FILES = {
    "the password file": "open('/etc/passwd').read()",
    "the password file through the root of a process": "open('/proc/self/root/etc/passwd').read()",
    "a way up": "open('/usr/lib/../../etc/passwd').read()",
    "a folder of processes": "import os; os.listdir('/proc')",
    "the root": "import os; os.listdir('/')",
    "its own folder": "import os; os.listdir('.')",
    "the folder of the project": "import os; os.listdir({base!r})",
    "a file of the project": "open({base!r} + '/planted').read()",
    "the environment of the worker": "open('/proc/{worker}/environ').read()",
    "its memory": "open('/proc/{worker}/mem', 'rb').read(1)",
    "its map": "open('/proc/{worker}/maps').read()",
    "its descriptors": "import os; os.listdir('/proc/{worker}/fd')",
    "a file of it": "open('/proc/{worker}/cwd/pyproject.toml').read()",
    "the terminal": "open('/dev/tty', 'w')",
    "a new file in its folder": "open('file', 'w')",
    "a new file for all": "open('/tmp/gatid-escaped', 'w')",
    "shared memory": "open('/dev/shm/gatid-escaped', 'w')",
    "a package": "import orjson; open(orjson.__file__, 'r+')",
    "the interpreter's own file": "import os; open(os.__file__, 'a')",
    "cutting a file off": "import os; os.truncate({base!r} + '/writable', 0)",
    "removing a file": "import os; os.unlink({base!r} + '/planted')",
    "renaming one": "import os; os.rename({base!r} + '/planted', {base!r} + '/x')",
    "a link to one": "import os; os.link({base!r} + '/planted', '/tmp/gatid-escaped')",
    "a symbolic link": "import os; os.symlink('/etc/passwd', 'file')",
    "a folder": "import os; os.mkdir('/tmp/gatid-escaped')",
    "a pipe by name": "import os; os.mkfifo('/tmp/gatid-escaped')",
    "rights of a file": "import os; os.chmod({base!r} + '/planted', 0o777)",
    "rights of an open file": "import os; os.fchmod(os.open(os.__file__, os.O_RDONLY), 0o644)",
    "its owner": "import os; os.chown({base!r} + '/planted', 1, 1)",
    "its times": "import os; os.utime({base!r} + '/planted')",
    "its attributes": "import os; os.setxattr({base!r} + '/planted', 'user.x', b'1')",
    "another root": "import os; os.chroot('/tmp')",
    "a file in memory": "import os; os.memfd_create('x')",
}

PROCESSES = {
    "a fork": "import os; os.fork()",
    "a fork by vfork": "import subprocess; subprocess.run(['/bin/true'])",
    "a shell": "import os; os.execv('/bin/sh', ['sh'])",
    "a shell by descriptor": "import os; os.execve(os.open(os.__file__, os.O_RDONLY), ['x'], {{}})",
    "a process by spawn": "import os; os.posix_spawn('/bin/true', ['true'], {{}})",
    "a process of multiprocessing": (
        "import multiprocessing as m\nm.get_context('fork').Process(target=print).start()"
    ),
    "killing the worker": "import os; os.kill({worker}, 9)",
    "asking whether it is there": "import os; os.kill({worker}, 0)",
    "killing every process": "import os; os.kill(-1, 9)",
    "killing its group": "import os; os.killpg(os.getpgid({worker}), 9)",
    "a signal by descriptor": "import os; os.pidfd_open({worker})",
    "another owner of a socket's signals": (
        "import fcntl, socket\na, b = socket.socketpair()\nfcntl.fcntl(a, fcntl.F_SETOWN, {worker})"
    ),
    "another signal for it": (
        "import fcntl, socket\na, b = socket.socketpair()\nfcntl.fcntl(a, 10, 9)"
    ),
    "another owner by ioctl": (
        "import fcntl, socket, struct\n"
        "a, b = socket.socketpair()\n"
        "fcntl.ioctl(a, 0x8901, struct.pack('i', {worker}))"
    ),
    "limits of the worker": (
        "import resource\nresource.prlimit({worker}, resource.RLIMIT_NOFILE, (1, 1))"
    ),
    "its own limits": (
        "import resource\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_AS)\n"
        "try:\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (hard + 1, hard + 1))\n"
        "except ValueError as error:\n"
        "    raise PermissionError(1, str(error)) from None"
    ),
    "priority of the worker": "import os; os.setpriority(os.PRIO_PROCESS, {worker}, 19)",
    "its processors": "import os; os.sched_setaffinity({worker}, {{0}})",
    "another user": "import os; os.setuid(0)",
    "another group": "import os; os.setgroups([0])",
    "a session": "import os; os.setsid()",
}

SOCKETS = {
    "TCP": "import socket; socket.socket()",
    "TCP of the daemon": "import socket; socket.create_connection(('127.0.0.1', {port}))",
    "TCP 6": "import socket; socket.socket(socket.AF_INET6)",
    "UDP": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "raw": "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "packets": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "UNIX": "import socket; socket.socket(socket.AF_UNIX)",
    "UNIX datagrams": "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair that could send elsewhere": "import socket; socket.socketpair(type=socket.SOCK_DGRAM)",
    "crypto": "import socket; socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "the virtual machine's host": "import socket; socket.socket(socket.AF_VSOCK)",
    "connecting the pair elsewhere": (
        "import socket\na, b = socket.socketpair()\na.connect({path!r})"
    ),
    "connecting the worker's socket elsewhere": (
        "import os, socket\n"
        "for fd in range(3, 256):\n"
        "    try:\n"
        "        found = socket.socket(fileno=fd)\n"
        "    except OSError:\n"
        "        continue\n"
        "    found.detach()\n"
        "    socket.socket(fileno=os.dup(fd)).connect({path!r})\n"
    ),
    "listening on a pair": "import socket; socket.socketpair()[0].listen()",
}

CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall({call}) == -1:
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""

CALLS = {
    "ptrace": "101, 16, {worker}, 0, 0",
    "ptrace of itself": "101, 0, 0, 0, 0",
    "process_vm_readv": "310, {worker}, 0, 0, 0, 0, 0",
    "process_vm_writev": "311, {worker}, 0, 0, 0, 0, 0",
    "kcmp": "312, {worker}, os.getpid(), 0, 0, 0",
    "mount": "165, b'x', b'/tmp', b'tmpfs', 0, 0",
    "move_mount": "429, -1, b'', -1, b'', 0",
    "fsopen": "430, b'tmpfs', 0",
    "umount2": "166, b'/tmp', 0",
    "pivot_root": "155, b'/', b'/'",
    "unshare": "272, 0x10000000",
    "setns": "308, 0, 0",
    "bpf": "321, 0, 0, 0",
    "keyctl": "250, 0, 0, 0, 0, 0",
    "add_key": "248, b'user', b'x', b'y', 1, -3",
    "io_uring_setup": "425, 1, ctypes.create_string_buffer(120)",
    "userfaultfd": "323, 1",
    "perf_event_open": "298, ctypes.create_string_buffer(120), 0, -1, -1, 0",
    "init_module": "175, 0, 0, b''",
    "finit_module": "313, 0, b'', 0",
    "kexec_load": "246, 0, 0, 0, 0",
    "reboot": "169, 0, 0, 0, 0",
    "syslog": "103, 2, 0, 0",
    "open_by_handle_at": "304, -100, ctypes.create_string_buffer(120), 0",
    "name_to_handle_at": "303, -100, b'/', 0, 0, 0",
    "inotify_init1": "294, 0",
    "fanotify_init": "300, 0, 0",
    "personality": "135, 0x0400000",
    "shmget": "29, 0, 4096, 0o1666",
    "msgget": "68, 0, 0o1666",
    "mq_open": "240, b'x', 0o102, 0o666, 0",
    "rt_sigqueueinfo": "129, {worker}, 9, ctypes.create_string_buffer(128)",
    "tkill": "200, {worker}, 9",
    "pidfd_getfd": "438, 0, 0, 0",
    "seccomp": "317, 1, 0, ctypes.create_string_buffer(16)",
    "a process by clone": "56, 17, 0, 0, 0, 0",
    "a thread in a new user namespace": "56, 0x10010f00, 0, 0, 0, 0",
    "not to end with the worker": "157, 1, 0, 0, 0, 0",
    "a dump": "157, 4, 1, 0, 0, 0",
    "another name of the same call": "0x40000000 | 41, 2, 1, 0",
    "acct": "163, 0",
    "swapon": "167, b'/x', 0",
    "settimeofday": "164, ctypes.create_string_buffer(16), 0",
    "clock_settime": "227, 0, ctypes.create_string_buffer(16)",
    "sethostname": "170, b'x', 1",
    "quotactl": "179, 0, 0, 0, 0",
    "migrate_pages": "256, {worker}, 0, 0, 0",
    "process_madvise": "440, 0, 0, 0, 0, 0",
    "vmsplice": "278, 0, 0, 0, 0",
    "ioperm": "173, 0, 1, 1",
    "iopl": "172, 3",
    "modify_ldt": "154, 0, 0, 0",
}

ABSENT = {
    "clone3": "435, 0, 0",
    "openat2": "437, -100, b'x', 0, 0",
    "a call of a later kernel": "463, 0, 0, 0, 0",
}


class Prison:
    """One process, in which all that follows is tried."""

    def __init__(self, base: Path) -> None:
        self.base = base
        (base / "planted").write_text("planted")
        (base / "writable").write_text("writable")
        self.hosted = Hosted(base)
        self.runner = asyncio.Runner()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.path = str(base / "socket")
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(self.path)
        self.unix.listen()
        self._context = leased(self.hosted)
        self.client = self.runner.run(self._context.__aenter__()).clients.m

    def attempt(self, source: str) -> Any:
        named = source.format(
            worker=os.getpid(),
            base=str(self.base),
            port=self.server.getsockname()[1],
            path=self.path,
        )
        told = textwrap.dedent("""
            try:
                RUN
            except OSError as error:
                return ["denied", error.errno]
            return ["did", ""]
        """).replace("RUN", named.strip().replace("\n", "\n    "))
        return self.runner.run(self.client.run(told))

    def run(self, source: str) -> Any:
        return self.runner.run(self.client.run(source))

    def close(self) -> None:
        self.runner.run(self._context.__aexit__(None, None, None))
        self.runner.close()
        self.hosted.close()
        self.server.close()
        self.unix.close()


@pytest.fixture(scope="module")
def prison(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prison]:
    made = Prison(tmp_path_factory.mktemp("prison"))
    yield made
    made.close()


@pytest.mark.prop(19)
@pytest.mark.parametrize("what", FILES)
def test_files_that_are_not_allowed(prison: Prison, what: str) -> None:
    before = {path.name: path.stat() for path in prison.base.iterdir()}
    outcome = prison.attempt(FILES[what])
    assert outcome[0] == "denied", outcome
    assert outcome[1] in DENIED, os.strerror(outcome[1])
    after = {path.name: path.stat() for path in prison.base.iterdir()}
    assert before.keys() == after.keys()


@pytest.mark.prop(19)
@pytest.mark.parametrize("what", PROCESSES)
def test_other_processes(prison: Prison, what: str) -> None:
    outcome = prison.attempt(PROCESSES[what])
    assert outcome[0] == "denied", outcome
    assert outcome[1] in DENIED, os.strerror(outcome[1])


@pytest.mark.prop(19)
@pytest.mark.parametrize("what", SOCKETS)
def test_sockets(prison: Prison, what: str) -> None:
    outcome = prison.attempt(SOCKETS[what])
    assert outcome[0] == "denied", outcome
    assert outcome[1] in DENIED, os.strerror(outcome[1])


@pytest.mark.prop(19)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("what", CALLS)
def test_calls_of_the_kernel(prison: Prison, what: str) -> None:
    outcome = prison.attempt(CALL.replace("{call}", CALLS[what]))
    assert outcome[0] == "denied", outcome
    assert outcome[1] in DENIED, os.strerror(outcome[1])


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("what", ABSENT)
def test_calls_that_libraries_do_without(prison: Prison, what: str) -> None:
    assert prison.attempt(CALL.replace("{call}", ABSENT[what])) == ["denied", errno.ENOSYS]


def test_what_a_module_finds_of_the_worker(hosted: Hosted) -> None:
    """No environment, no descriptors but its own, no arguments that tell anything."""
    descriptors = (
        "import os, stat\n"
        "found = []\n"
        "for fd in range(256):\n"
        "    try:\n"
        "        found.append(stat.S_IFMT(os.fstat(fd).st_mode))\n"
        "    except OSError:\n"
        "        pass\n"
        "return found"
    )

    async def main() -> None:
        async with leased(hosted) as lease:
            run = lease.clients.m.run
            assert await run("import os; return dict(os.environ)") == {}
            assert await run("import ctypes; return ctypes.CDLL(None).getenv(b'PATH')") == 0
            assert await run("import sys; return sys.orig_argv[-1]") == str(os.getpid())
            kinds = await run(descriptors)
            character, pipe, sock = 0o020000, 0o010000, 0o140000
            assert kinds[:3] == [character, pipe, pipe]
            # Its end of the socket, and what the event loop wakes itself with.
            assert kinds.count(sock) <= 4
            assert 0o100000 not in kinds
            assert 0o040000 not in kinds

    asyncio.run(main())


def test_what_a_module_can_do(prison: Prison) -> None:
    """Threads, databases in memory, time zones, random numbers, certificates, its own signals."""
    assert prison.run(
        "import sqlite3; return sqlite3.connect(':memory:').execute('select 1').fetchone()"
    ) == (1,)
    assert prison.run("import ssl; ssl.create_default_context(); return True")
    assert (
        prison.run("from zoneinfo import ZoneInfo; return ZoneInfo('Europe/Berlin').key")
        == "Europe/Berlin"
    )
    assert prison.run("import uuid, random, secrets; return len(str(uuid.uuid4()))") == 36
    assert prison.run("import subprocess, decimal, http.client, email.mime.text; return 1") == 1
    assert prison.run(
        "import threading\n"
        "found = []\n"
        "threads = [threading.Thread(target=found.append, args=(n,)) for n in range(20)]\n"
        "[t.start() for t in threads]\n"
        "[t.join() for t in threads]\n"
        "return sorted(found)"
    ) == list(range(20))
    assert (
        prison.run("import os, signal; signal.raise_signal(0); return os.kill(os.getpid(), 0)")
        is None
    )
