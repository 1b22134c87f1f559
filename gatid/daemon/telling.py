"""What the daemon says of itself: to the log, to the service manager, to `gatid ctl`."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from gatid.daemon import places
from gatid.daemon.store import Running

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gatid.daemon.crew import Worker
    from gatid.daemon.listener import Listener
    from gatid.daemon.store import Committed, StateDirectory
    from gatid.daemon.systemd import Notifier
    from gatid.daemon.verdict import Verdict
    from gatid.observe.logs import Log


class Teller:
    """The daemon's voice. It changes nothing."""

    def __init__(self, log: Log, notifier: Notifier, entry: Path) -> None:
        self._log = log
        self._notifier = notifier
        self._entry = entry
        self._name = ""
        self._state = ""
        self._born = time.time()
        self._last: dict[str, Any] | None = None
        self.admin: Listener | None = None
        self.follows_a_crash = False

    def begin(self, state: StateDirectory, name: str, control: Path) -> None:
        """Announce the daemon to those who look for it."""
        # A daemon that ended well took its announcement with it.
        self.follows_a_crash = (state.path / "daemon.json").exists()
        self._name, self._state = name, str(state.path)
        state.announce(Running(name, os.getpid(), str(control), str(self._entry)))
        places.register(state.path)

    def end(self, state: StateDirectory) -> None:
        """Take the announcement back."""
        places.unregister(state.path)
        self._log.info("stopped", app=self._name)

    def serving(self, listeners: Sequence[Listener], workers: int, generation: int) -> None:
        """The first plan serves."""
        fields: dict[str, Any] = {
            "app": self._name,
            "listen": [str(each) for each in listeners],
            "workers": workers,
            "generation": generation,
            "state": self._state,
        }
        if self.admin is not None:
            fields["admin"] = str(self.admin)
        self._log.info("serving", **fields)
        self._ready(generation)

    def verdict(self, verdict: Verdict) -> None:
        """A reload is over, or the daemon cannot start."""
        self._last = verdict.to_json()
        first = not verdict.generation
        if verdict.outcome == "refused":
            self._refused(verdict, "cannot serve" if first else "reload refused")
        elif verdict.outcome == "unchanged":
            self._log.info("nothing changed", generation=verdict.generation)
        else:
            self._log.info("swapped", generation=verdict.generation, ms=round(verdict.ms))
        if first:
            return
        refused = f"; reload refused: {verdict.reason}" if verdict.outcome == "refused" else ""
        self._ready(verdict.generation, refused)

    def _ready(self, generation: int, more: str = "") -> None:
        # The service manager reads lines.
        self._notifier.ready(" ".join(f"generation {generation} serves{more}".split()))

    def _refused(self, verdict: Verdict, what: str) -> None:
        """On a terminal the diagnostics as they are rendered, else an event each."""
        if self._log.output.readable:
            self._log.error(f"{what}: {verdict.reason}")
            sys.stderr.write(verdict.details and verdict.details.rstrip() + "\n")
            sys.stderr.flush()
            return
        found = verdict.diagnostics.get("diagnostics", [])
        for each in found:
            words = {k: each[k] for k in ("severity", "code", "file", "line", "column", "help")}
            self._log.error(each["message"], **words)
        details = {"details": verdict.details} if verdict.details and not found else {}
        self._log.error(what, reason=verdict.reason, **details)

    def warnings(self, text: str) -> None:
        """What the compiler warned of."""
        if text:
            self._log.warning("the configuration has warnings", details=text)

    def damaged(self, plans: Sequence[Path]) -> None:
        """Stored plans that were not what their names say."""
        for path in plans:
            self._log.warning(
                f"the plan `{path}` was damaged and is removed: it is written again when it is"
                " compiled again"
            )

    def printed(self, text: str) -> None:
        """What handler files wrote while the scout imported them."""
        if text:
            self._log.info("handler files wrote while they were imported", text=text)

    def status(
        self,
        serving: Committed | None,
        phase: str,
        workers: Sequence[Worker],
        wanted: int,
        listeners: Sequence[Listener],
        stored: dict[str, object],
    ) -> dict[str, Any]:
        """What `gatid ctl status` prints."""
        return {
            "app": self._name,
            "pid": os.getpid(),
            "entry": str(self._entry),
            "state": self._state,
            "generation": serving.generation if serving else 0,
            "plan": serving.plan if serving else "",
            "phase": phase,
            "uptime": round(time.time() - self._born, 1),
            "listen": [str(each) for each in listeners],
            "admin": str(self.admin) if self.admin else None,
            "wanted_workers": wanted,
            "workers": [_worker(worker) for worker in workers],
            "stored": stored,
            "last_reload": self._last,
        }


def _worker(worker: Worker) -> dict[str, Any]:
    stat = worker.stat
    return {
        "index": worker.index,
        "pid": worker.child.pid,
        "generation": worker.generation,
        "answers": not worker.asked,
        "inflight": stat.inflight if stat else 0,
        "draining": list(stat.draining) if stat else [],
        "rss": stat.rss if stat else 0,
        "modules": {
            name: {"up": name not in stat.down, "restarts": count}
            for name, count in stat.restarts.items()
        }
        if stat
        else {},
    }
