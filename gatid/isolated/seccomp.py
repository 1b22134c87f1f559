"""The filter of system calls (seccomp(2)): a list of what is allowed, the rest is EPERM.

Nothing is killed: a call that is denied fails, and says so. Calls that later kernels may have,
`clone3` and `openat2`, whose arguments no filter can read, do not exist (ENOSYS), so that
libraries fall back on older ones. Numbers count only for the machine they are of; x32 calls
are denied.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct

from gatid.isolated.syscalls import BPF_ARCHITECTURE, NEWEST, NUMBERS

_LOAD = 0x20
_IF_EQUAL = 0x15
_IF_ABOVE = 0x25
_IF_ANY_BIT = 0x45
_AND = 0x54
_RETURN = 0x06

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

_NUMBER = 0
_ARCHITECTURE = 4

_X32 = 0x40000000
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2

_THREAD = 0x00010000 | 0x00000100 | 0x00000800
"""`CLONE_THREAD | CLONE_VM | CLONE_SIGHAND`: what makes a thread and no process."""

_NO_THREAD = 0x7E020000 | 0x00002000 | 0x00008000 | 0x00000080
"""New namespaces, being traced, another parent: none of it belongs to a thread."""

_MSG_FASTOPEN = 0x20000000
"""Connects in passing, unseen by Landlock."""

_MAKES_FILES = os.O_CREAT | 0o20000000
"""`O_TMPFILE` without `O_DIRECTORY`. Only with these does opening read a mode."""

_SET_ID = 0o6000
"""A file that runs as the daemon's user, whoever starts it."""

_SOCKET_TYPE = 0xF
_TCP = (0, socket.IPPROTO_TCP)

_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Duplicates, flags and locks. Not `F_SETOWN` and `F_SETSIG`: with them the kernel sends any
signal to any process of the same user.
"""

_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Is it a terminal, how wide; how much is there to read; blocking, closing on exec."""

_PRCTL = (3, 15, 16, 21, 23, 39, 0x53564D41)
"""Names of threads and memory, and questions."""

Instruction = tuple[int, int, int, int]


_EPERM = _ERRNO | errno.EPERM
_EACCES = _ERRNO | errno.EACCES
_ENOSYS = _ERRNO | errno.ENOSYS


def install(machine: str, *, network: bool) -> None:
    """Confine this thread, and what it starts. Raises `OSError`.

    `network` allows TCP connections, to be held to their ports by Landlock. `PR_SET_NO_NEW_PRIVS`
    must have been set.
    """
    program = assemble(machine, os.getpid(), network=network)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), filter_, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp: " + os.strerror(ctypes.get_errno()))


def assemble(machine: str, pid: int, *, network: bool) -> list[Instruction]:
    """The program: the machine, then one block for each call that is allowed."""
    program: list[Instruction] = [
        _load(_ARCHITECTURE),
        (_IF_EQUAL, 1, 0, BPF_ARCHITECTURE[machine]),
        _ret(_EPERM),
        _load(_NUMBER),
    ]
    if machine == "x86_64":
        program += [(_IF_ANY_BIT, 0, 1, _X32), _ret(_EPERM)]
    program += [(_IF_ABOVE, 0, 1, NEWEST), _ret(_ENOSYS)]
    conditions = _conditions(pid, network=network)
    for name, number in NUMBERS[machine].items():
        block = conditions.get(name, [_ret(_ALLOW)])
        program += [(_IF_EQUAL, 0, len(block), number), *block]
    return [*program, _ret(_EPERM)]


def _conditions(pid: int, *, network: bool) -> dict[str, list[Instruction]]:
    """The calls that depend on what they are asked for."""
    none = [_ret(_EACCES)]
    sending = {name: _without(at, _MSG_FASTOPEN) for name, at in _FLAGS_OF_SENDING.items()}
    return {
        **sending,
        "clone": _thread(),
        "clone3": [_ret(_ENOSYS)],
        "connect": [_ret(_ALLOW)] if network else none,
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL),
        "kill": _one_of(0, (pid,)),
        "open": _opening(1),
        "openat": _opening(2),
        # Its mode is behind a pointer, which no filter can read.
        "openat2": [_ret(_ENOSYS)],
        "prctl": _one_of(0, _PRCTL),
        "prlimit64": _one_of(0, (0, pid)),
        "socket": _tcp() if network else none,
        # A datagram socket of a pair could still send to any path.
        "socketpair": [
            *_only(0, (socket.AF_UNIX,), _EACCES),
            _load_argument(1),
            (_AND, 0, 0, _SOCKET_TYPE),
            *_accepted((socket.SOCK_STREAM, socket.SOCK_SEQPACKET), _EACCES),
        ],
        "tgkill": _one_of(0, (pid,)),
    }


_FLAGS_OF_SENDING = {"sendto": 3, "sendmsg": 2, "sendmmsg": 3}


def _tcp() -> list[Instruction]:
    """Internet stream sockets; another protocol than TCP would pass Landlock by."""
    return [
        *_only(0, (socket.AF_INET, socket.AF_INET6), _EACCES),
        *_only(2, _TCP, _EACCES),
        _load_argument(1),
        (_AND, 0, 0, _SOCKET_TYPE),
        *_accepted((socket.SOCK_STREAM,), _EACCES),
    ]


def _thread() -> list[Instruction]:
    return [
        _load_argument(0),
        (_IF_ANY_BIT, 0, 1, _NO_THREAD),
        _ret(_EPERM),
        (_AND, 0, 0, _THREAD),
        *_accepted((_THREAD,), _EPERM),
    ]


def _opening(flags: int) -> list[Instruction]:
    """The mode is the argument after the flags."""
    return [
        _load_argument(flags),
        (_IF_ANY_BIT, 0, 3, _MAKES_FILES),
        _load_argument(flags + 1),
        (_IF_ANY_BIT, 0, 1, _SET_ID),
        _ret(_EPERM),
        _ret(_ALLOW),
    ]


def _without(argument: int, bits: int) -> list[Instruction]:
    return [
        _load_argument(argument),
        (_IF_ANY_BIT, 0, 1, bits),
        _ret(_EPERM),
        _ret(_ALLOW),
    ]


def _one_of(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    return [_load_argument(argument), *_accepted(values, _EPERM)]


def _accepted(values: tuple[int, ...], denied: int) -> list[Instruction]:
    """Allows what was loaded if it is one of `values`."""
    tests = [(_IF_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [*tests, _ret(denied), _ret(_ALLOW)]


def _only(argument: int, values: tuple[int, ...], denied: int) -> list[Instruction]:
    """Denies an argument that is none of `values`, and goes on with what follows."""
    tests = [(_IF_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return [_load_argument(argument), *tests, _ret(denied)]


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _load_argument(index: int) -> Instruction:
    """The lower half of an argument, all that the kernel reads of these; both are little-endian."""
    return _load(16 + 8 * index)


def _ret(value: int) -> Instruction:
    return (_RETURN, 0, 0, value)
