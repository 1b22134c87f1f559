"""Landlock (landlock(7)): from now on this process opens what it is allowed, and nothing else.

Rights are handled where the kernel knows them, so one that is not given to any path is denied
everywhere. No path may be executed.
"""

from __future__ import annotations

import ctypes
import os
import stat
from enum import IntFlag
from typing import TYPE_CHECKING

from gatid.services.isolation.kernel import PORTS, SYS_LANDLOCK_CREATE_RULESET

if TYPE_CHECKING:
    from collections.abc import Iterable

_SYS_ADD_RULE = 445
_SYS_RESTRICT_SELF = 446
_RULE_PATH = 1
_RULE_PORT = 2
_CONNECT_TCP = 2
_BIND_TCP = 1
_SCOPE_ABSTRACT_SOCKETS = 1
_SCOPE_SIGNALS = 2
_SCOPES = 6
"""The first version that knows scopes."""


class Right(IntFlag):
    """What may be done to a file or a folder and all that is in it."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ = Right.READ_FILE | Right.READ_DIR
WRITE = (
    READ
    | Right.WRITE_FILE
    | Right.TRUNCATE
    | Right.REMOVE_DIR
    | Right.REMOVE_FILE
    | Right.MAKE_DIR
    | Right.MAKE_REG
    | Right.REFER
)
"""No links to elsewhere, sockets or devices are made."""

_OF_FILES = Right.READ_FILE | Right.WRITE_FILE | Right.TRUNCATE | Right.IOCTL_DEV


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("fd", ctypes.c_int32))


class _PortRule(ctypes.Structure):
    _fields_ = (("rights", ctypes.c_uint64), ("port", ctypes.c_uint64))


def restrict(version: int, paths: Iterable[tuple[str, Right]], ports: Iterable[int]) -> None:
    """Confine this thread, and what it starts, to `paths` and to connecting to TCP `ports`.

    Paths that do not exist are left out: nothing could be opened there anyway. Raises `OSError`.
    `PR_SET_NO_NEW_PRIVS` must have been set.
    """
    handled = _known(version)
    ruleset = _Ruleset(
        handled,
        _BIND_TCP | _CONNECT_TCP if version >= PORTS else 0,
        _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if version >= _SCOPES else 0,
    )
    size = 8 if version < PORTS else 16 if version < _SCOPES else 24
    fd = _call(SYS_LANDLOCK_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    try:
        for path, rights in paths:
            _allow(fd, path, rights & handled)
        for port in ports if version >= PORTS else ():
            rule = _PortRule(_CONNECT_TCP, port)
            _call(_SYS_ADD_RULE, fd, _RULE_PORT, ctypes.byref(rule), 0)
        _call(_SYS_RESTRICT_SELF, fd, 0)
    finally:
        os.close(fd)


def _known(version: int) -> Right:
    """The rights that this version of the kernel's ABI can handle."""
    last = (
        Right.MAKE_SYM
        if version < 2
        else Right.REFER
        if version < 3
        else Right.TRUNCATE
        if version < 5
        else Right.IOCTL_DEV
    )
    return Right((last << 1) - 1)


def _allow(ruleset: int, path: str, rights: Right) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_FILES
        rule = _PathRule(rights, fd)
        _call(_SYS_ADD_RULE, ruleset, _RULE_PATH, ctypes.byref(rule), 0)
    finally:
        os.close(fd)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result: int = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
