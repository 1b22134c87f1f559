"""Requests that are kept: what was asked, what became of it, and the local data on the way.

On the event loop a request is only recorded (`recording`); what becomes of that is made, hidden,
cut and written by a thread (`document`, `redaction`, `store`).
"""

from gatid.snapshots.frozen import Missing
from gatid.snapshots.recording import Recorder
from gatid.snapshots.restoring import (
    Asked,
    SnapshotError,
    asked,
    restore,
)
from gatid.snapshots.store import Directory, Store

__all__ = [
    "Asked",
    "Directory",
    "Missing",
    "Recorder",
    "SnapshotError",
    "Store",
    "asked",
    "restore",
]
