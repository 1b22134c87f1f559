"""Every metric that gatid exports of itself, in the order in which it is exported."""

from __future__ import annotations

from dataclasses import dataclass

from gatid.observe.pages import Kind

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bucket bounds of durations, in seconds."""

VALUES = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0),
)
"""Bucket bounds of `gctx.metrics.histogram`, whose unit only its author knows."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: `name` without the suffixes that its samples get."""

    name: str
    kind: Kind
    help: str
    bounds: tuple[float, ...] = ()


REQUESTS = Family("gatid_requests", Kind.COUNTER, "Requests answered.")
DURATION = Family(
    "gatid_request_duration_seconds",
    Kind.HISTOGRAM,
    "Seconds from the head of a request to its answer.",
    SECONDS,
)
IN_FLIGHT = Family("gatid_requests_in_flight", Kind.LEVEL, "Requests begun and not ended.")
WORKER_UP = Family("gatid_worker_up", Kind.WORKER, "1 while the worker runs.")
WORKER_GENERATION = Family(
    "gatid_worker_generation", Kind.WORKER, "The generation that the worker serves."
)
WORKER_STARTED = Family(
    "gatid_worker_start_time_seconds", Kind.WORKER, "When the worker began, in Unix seconds."
)
WORKER_STARTS = Family("gatid_worker_starts", Kind.COUNTER, "How often the worker was started.")
LOCAL_FAULTS = Family(
    "gatid_lifecycle_faults",
    Kind.COUNTER,
    "Cleanup and compensation functions that raised or took too long.",
)
COMPENSATION_FAULTS = Family(
    "gatid_compensation_faults",
    Kind.COUNTER,
    "Compensations that raised or took too long: what they should have undone still stands.",
)
OUTLIVED_TASKS = Family(
    "gatid_outlived_tasks",
    Kind.COUNTER,
    "Tasks that outlived the request that made them, and were cancelled.",
)
LEFT_BEHIND = Family(
    "gatid_left_behind",
    Kind.COUNTER,
    "Sync functions that ran on in their thread when their time was over.",
)
RUNNING_LATE = Family(
    "gatid_running_late", Kind.LEVEL, "Sync functions left behind that still hold a thread."
)
SECRET_READS = Family(
    "gatid_secret_reads", Kind.COUNTER, "Secrets given to handlers and modules, by their names."
)
PUBLISHED = Family("gatid_topic_published", Kind.COUNTER, "Events published, by topic.")
DELIVERED = Family(
    "gatid_topic_delivered", Kind.COUNTER, "Events that a subscriber was called with, by topic."
)
FAILED_EVENTS = Family(
    "gatid_topic_failed", Kind.COUNTER, "Events of which a subscriber raised or took too long."
)
REFUSED_EVENTS = Family(
    "gatid_topic_refused", Kind.COUNTER, "Events not published because somebody is slow."
)
LOST_EVENTS = Family(
    "gatid_topic_dropped", Kind.COUNTER, "Events that somebody did not get, being slow."
)
SNAPSHOTS = Family("gatid_snapshots", Kind.COUNTER, "Snapshots of requests that were written.")
SNAPSHOTS_DROPPED = Family(
    "gatid_snapshots_dropped",
    Kind.COUNTER,
    "Snapshots that were not written: too many waited, or writing failed.",
)
DROPPED = Family(
    "gatid_metrics_dropped",
    Kind.COUNTER,
    "Samples without a series of their own, because the page of their worker is full.",
)

FAMILIES = (
    REQUESTS,
    DURATION,
    IN_FLIGHT,
    WORKER_UP,
    WORKER_GENERATION,
    WORKER_STARTED,
    WORKER_STARTS,
    LOCAL_FAULTS,
    COMPENSATION_FAULTS,
    OUTLIVED_TASKS,
    LEFT_BEHIND,
    RUNNING_LATE,
    SECRET_READS,
    PUBLISHED,
    DELIVERED,
    FAILED_EVENTS,
    REFUSED_EVENTS,
    LOST_EVENTS,
    SNAPSHOTS,
    SNAPSHOTS_DROPPED,
    DROPPED,
)
