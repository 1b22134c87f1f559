"""What outlives generations in one worker."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatid.lifecycle.events import Events
from gatid.lifecycle.threads import CountedThreads
from gatid.observe.logs import Log
from gatid.observe.meters import Meters
from gatid.observe.pages import MeterPages
from gatid.observe.user_metrics import UserMetrics
from gatid.policies.rate import RateTable
from gatid.services.modules.pool import ModulePool
from gatid.services.secrets import SecretStore
from gatid.services.topics.workers import WorkerFabric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Host:
    """One for each worker process, made after the fork, used by every generation in it.

    `pool` runs sync handlers. Who wants to know what happens to requests subscribes to `events`.
    `rates` and `pages` are shared with the other workers.
    """

    worker: int
    base: Path
    log: Log
    rates: RateTable
    pages: MeterPages
    meters: Meters
    metrics: UserMetrics
    secrets: SecretStore
    modules: ModulePool
    pool: CountedThreads
    events: Events
    topics: WorkerFabric

    @staticmethod
    def create(
        *,
        base: Path,
        worker: int = 0,
        rates: RateTable | None = None,
        pages: MeterPages | None = None,
        log: Log | None = None,
        threads: int = 40,
        clock: Callable[[], float] = time.monotonic,
        environ: Mapping[str, str] = os.environ,
    ) -> Host:
        """Without `rates` and `pages` it makes its own, as a single process wants.

        `base` is the entry file's directory; `threads` bounds the sync handlers that run at
        once; `clock` is that of secrets.
        """
        shared = MeterPages.create(worker + 1) if pages is None else pages
        own_log = (Log.stderr() if log is None else log).bind(worker=worker)
        meters = Meters(shared, worker)
        metrics = UserMetrics(meters, own_log.output.scrubber)
        secrets = SecretStore(
            base, own_log.output.scrubber, own_log, clock=clock, environ=environ, meters=meters
        )
        topics = WorkerFabric(meters)
        return Host(
            worker,
            base,
            own_log,
            RateTable.create() if rates is None else rates,
            shared,
            meters,
            metrics,
            secrets,
            ModulePool(base, secrets, own_log, metrics, topics),
            CountedThreads(threads, "gatid-handler", meters.left),
            Events(own_log),
            topics,
        )

    def close(self) -> None:
        """Lets go of the threads, without waiting for handlers that hang in them."""
        self.pool.shutdown(wait=False, cancel_futures=True)
