"""Everything that is given up before a line of the module's code runs, in its order."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatid.isolated import landlock, seccomp
from gatid.isolated.landlock import READ, WRITE
from gatid.isolated.readable import interpreter

if TYPE_CHECKING:
    from gatid.services.isolation.kernel import Kernel
    from gatid_compiler.plan import Isolation

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_AMBIENT_CLEAR = 4
_CAPABILITIES = 64
_CAPABILITIES_V3 = 0x20080522
_MALLOPT_ARENA_MAX = -8


@dataclass(frozen=True, slots=True)
class Allowed:
    """What of the machine the module may use: files with whether they may be changed, ports."""

    files: tuple[tuple[str, bool], ...]
    ports: tuple[int, ...]


class ConfinementError(Exception):
    """This process is not as it must be to be confined; the message says why."""


def confine(kernel: Kernel, limits: Isolation, allowed: Allowed, parent: int) -> None:
    """Confine this process with what `kernel` has; it ends with `parent`, a process id.

    Raises `OSError` and `ConfinementError`; what was given up until then is gone.
    """
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - numbers, not paths
    if threads != 1:
        raise ConfinementError(f"{threads} threads run already, and would not be confined")
    libc = ctypes.CDLL(None, use_errno=True)
    _limit(limits)
    # Every thread would reserve 64 MiB of addresses, which count as memory here.
    libc.mallopt(_MALLOPT_ARENA_MAX, 2)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    _drop_capabilities(libc)
    # Giving up rights has undone the tie to the parent, so it is made after that.
    _prctl(libc, _PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ConfinementError("the worker has gone")
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    network = bool(allowed.ports)
    if kernel.landlock:
        paths = list(interpreter(network=network))
        paths += [(path, WRITE if write else READ) for path, write in allowed.files]
        landlock.restrict(kernel.landlock, paths, allowed.ports)
    if kernel.seccomp:
        seccomp.install(kernel.machine, network=network)


def _limit(limits: Isolation) -> None:
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    memory = pages * resource.getpagesize() + limits.memory
    values = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: limits.open_files,
    }
    if limits.cpu is not None:
        values[resource.RLIMIT_CPU] = -(-limits.cpu // 1000) + 1
    for kind, value in values.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # One second later the kernel kills without saying what for.
        soft = value - 1 if kind == resource.RLIMIT_CPU else value
        resource.setrlimit(kind, (soft, value))


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """A daemon that runs as root has them all; what it starts has none."""
    for number in range(_CAPABILITIES):
        # It fails for those that the kernel does not know, and without the right to drop any.
        libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0)
    libc.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(_AMBIENT_CLEAR), 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset: " + os.strerror(ctypes.get_errno()))


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> None:
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")
