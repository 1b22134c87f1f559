"""The secrets of one worker, kept for their TTL.

The store outlives plans, so a reload neither re-reads nor forgets a secret that is still
declared the same. A secret without a TTL is read once. When reading again fails, the value
before stays in use and the failure is logged: a file in the middle of being replaced must
not stop the service, and whoever replaces it is told.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid.lifecycle.tasks import detached
from gatid.observe import families
from gatid.services.secrets.faults import SecretUnavailableError
from gatid.services.secrets.given import Secrets
from gatid.services.secrets.sources import Sources
from gatid.services.secrets.value import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gatid.observe.logs import Log
    from gatid.observe.meters import Cell, Meters
    from gatid.observe.scrub import Scrubber
    from gatid_compiler import plan

_RETRY = 1.0


@dataclass(frozen=True, slots=True)
class Access:
    """Someone asked for a secret: which one by name, who (``route `create_order` ``), and whether
    it was given.
    """

    secret: str
    reader: str
    given: bool


class SecretStore:
    """All secrets of one worker, by how they are declared.

    `base` is what file names are relative to: the entry file's directory. `clock` counts
    seconds and never goes back. `on_access`, where there is one, is told of every access; the
    log has each reader's first of a value, and every one that was refused.
    """

    def __init__(
        self,
        base: Path,
        scrubber: Scrubber,
        log: Log,
        *,
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
        meters: Meters | None = None,
    ) -> None:
        self._sources = Sources(base, environ, scrubber.add)
        self._scrubber = scrubber
        self._log = log
        self._meters = meters
        self._counts: dict[tuple[str, str], Cell] = {}
        self._given: dict[tuple[str, str], Secret] = {}
        self._kept: dict[plan.Secret, _Kept] = {}
        self._fetching: dict[plan.Secret, asyncio.Future[Secret]] = {}
        self.clock = clock
        self.on_access: Callable[[Access], None] | None = None

    def of(self, secrets: Mapping[str, plan.Secret]) -> Secrets:
        """The secrets of one plan, by name."""
        return Secrets(self, secrets)

    def fresh(self, spec: plan.Secret) -> Secret | None:
        """The value when it is known and within its TTL."""
        kept = self._kept.get(spec)
        return kept.secret if kept is not None and self.clock() < kept.until else None

    async def get(self, spec: plan.Secret) -> Secret:
        """The value, read again after its TTL; calls that meet share one reading."""
        secret = self.fresh(spec)
        if secret is not None:
            return secret
        running = self._fetching.get(spec)
        if running is None:
            running = detached(self._fetch(spec))
            self._fetching[spec] = running
            running.add_done_callback(lambda done: self._fetched(spec, done))
        # One caller that gives up must not take the value from the others.
        return await asyncio.shield(running)

    def read(self, spec: plan.Secret) -> Secret:
        """The value, read now if it is not known; blocks for a file."""
        secret = self.fresh(spec)
        return self._keep(spec, self._sources.text(spec)) if secret is None else secret

    def accessed(self, secret: Secret, reader: str) -> None:
        """Someone was given a value."""
        key = secret.name, reader
        if self._given.get(key) is not secret:
            self._given[key] = secret
            self._log.info("a secret was read", secret=secret.name, reader=reader)
        if self._meters is not None:
            cell = self._counts.get(key)
            if cell is None:
                cell = self._counts[key] = self._meters.cell(
                    families.SECRET_READS, secret=secret.name, reader=reader
                )
            cell.add()
        if self.on_access is not None:
            self.on_access(Access(secret.name, reader, given=True))

    def refused(self, name: str, reader: str) -> None:
        """Someone asked for what is not allowed to them."""
        self._log.warning("a secret was refused", secret=name, reader=reader)
        if self.on_access is not None:
            self.on_access(Access(name, reader, given=False))

    async def _fetch(self, spec: plan.Secret) -> Secret:
        try:
            if spec.backend == "env":
                text = self._sources.text(spec)
            else:
                text = await asyncio.to_thread(self._sources.text, spec)
        except SecretUnavailableError as error:
            kept = self._kept.get(spec)
            if kept is None:
                raise
            self._log.error("a secret could not be read again", secret=spec.name, reason=str(error))
            self._kept[spec] = _Kept(kept.secret, self.clock() + _RETRY)
            return kept.secret
        return self._keep(spec, text)

    def _fetched(self, spec: plan.Secret, done: asyncio.Future[Secret]) -> None:
        del self._fetching[spec]
        if not done.cancelled():
            # All who waited may have gone; the failure was theirs to see.
            done.exception()

    def _keep(self, spec: plan.Secret, text: str) -> Secret:
        kept = self._kept.get(spec)
        if kept is not None and kept.secret.reveal() == text:
            secret = kept.secret
        else:
            self._scrubber.add(text)
            secret = Secret(spec.name, text)
        until = float("inf") if spec.ttl is None else self.clock() + spec.ttl / 1000
        self._kept[spec] = _Kept(secret, until)
        return secret


class _Kept:
    __slots__ = ("secret", "until")

    def __init__(self, secret: Secret, until: float) -> None:
        self.secret = secret
        self.until = until
