"""What a running daemon keeps until it is replaced: what granian takes when it is built, and
the packages that its processes have imported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gatid.daemon.listener import DEFAULT, show
from gatid_compiler.plan import Listen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.plan import Plan

_WAY = "needs `gatid ctl roll`, which is not supported yet: stop the daemon and start it again"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says in place of the configuration."""

    listen: tuple[Listen, ...] = ()
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Fixed:
    """The settings of a plan that a reload cannot change, the command line already applied."""

    listen: tuple[Listen, ...]
    admin: Listen | None
    workers: int
    max_header: int
    installed: Mapping[str, str]

    @staticmethod
    def of(plan: Plan, overrides: Overrides) -> Fixed:
        """The settings as this machine would have them."""
        workers = overrides.workers or plan.app.workers or len(os.sched_getaffinity(0))
        return Fixed(
            overrides.listen or plan.app.listen or (DEFAULT,),
            plan.app.admin,
            workers,
            plan.app.limits.max_header,
            dict(plan.code.installed),
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON data, between processes."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Fixed:
        """What `to_json` made."""
        return Fixed(
            tuple(Listen(**each) for each in data["listen"]),
            Listen(**data["admin"]) if data["admin"] else None,
            data["workers"],
            data["max_header"],
            data["installed"],
        )

    def with_installed(self, other: Mapping[str, str]) -> Fixed:
        """The same, with the packages of one more committed plan."""
        installed = {**self.installed, **other}
        return Fixed(self.listen, self.admin, self.workers, self.max_header, installed)

    def refusals(self, wanted: Fixed) -> tuple[str, ...]:
        """Why a running daemon cannot become what is wanted; empty when it can."""
        changes: list[tuple[str, str, str]] = []
        if wanted.listen != self.listen:
            changes.append(("listen", _shown(self.listen), _shown(wanted.listen)))
        if wanted.admin != self.admin:
            before = _shown([self.admin] if self.admin else [])
            changes.append(("admin", before, _shown([wanted.admin] if wanted.admin else [])))
        if wanted.workers != self.workers:
            changes.append(("workers", str(self.workers), str(wanted.workers)))
        if wanted.max_header != self.max_header:
            changes.append(("max_header", f"{self.max_header}B", f"{wanted.max_header}B"))
        for name, version in sorted(wanted.installed.items()):
            known = self.installed.get(name)
            if known is not None and known != version:
                changes.append((f"the installed package {name}", known, version))
        return tuple(f"`{what}` changed from {a} to {b}: {_WAY}" for what, a, b in changes)


def _shown(addresses: Sequence[Listen]) -> str:
    return ", ".join(show(address) for address in addresses) or "none"
