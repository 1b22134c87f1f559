"""What the kernel of this machine can confine a process with."""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass

SYS_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_VERSION = 1
_PR_GET_SECCOMP = 21

MACHINES = ("x86_64", "aarch64")
"""Those whose system calls we know by number."""

FILES = 3
"""The first version of Landlock that holds all ways of changing a file's content."""

PORTS = 4
"""The first one that knows ports."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """`landlock` is the version of its ABI, 0 where there is none."""

    machine: str
    landlock: int
    seccomp: bool

    @staticmethod
    def here() -> Kernel:
        """The kernel that runs us, as far as it lets us use it."""
        libc = ctypes.CDLL(None, use_errno=True)
        machine = platform.machine() if sys.maxsize > 1 << 32 else "32 bits"
        version = libc.syscall(SYS_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)
        seccomp = libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0
        return Kernel(machine, max(0, version), seccomp and machine in MACHINES)

    def lacking(self, *, network: bool) -> tuple[str, ...]:
        """What is missing to hold a module to what it is allowed, a sentence each.

        `network` says that it is allowed any: without, no sockets are left to be held.
        """
        found = []
        if self.machine not in MACHINES:
            found.append(f"gatid knows no system calls of {self.machine}, so none is denied")
        elif not self.seccomp:
            found.append("the kernel has no seccomp, so no system call is denied")
        if not self.landlock:
            found.append("the kernel has no Landlock, so any file can be opened")
        elif self.landlock < FILES:
            found.append(f"Landlock {self.landlock} of the kernel cannot hold back truncation")
        if network and self.landlock < PORTS:
            found.append("the kernel's Landlock knows no ports, so any can be connected to")
        return tuple(found)
