"""Rules of `gati.lock`: what was released stays as it was."""

from __future__ import annotations

from gatid_compiler.rules.page import rule, warning

BAD_LOCK = rule(
    "bad-lock",
    """
    `gati.lock` says what was released. Every line of it carries a checksum, and every release
    a hash over its lines and over the release before it: a line that was edited, lost or torn
    off would otherwise pass for what was promised to clients.
    """,
    "# gati.lock, edited by hand",
    "# gati.lock, as `gatid release` wrote it",
)

LOCK_CONFLICT = rule(
    "lock-conflict",
    """
    Two releases were made on the same one, as on two branches that were merged. Each was
    frozen without knowing the other, so the timeline has no order.
    """,
    "# gati.lock: v3 was released after v2, and v4 after v2",
    "# gati.lock: v3 was released after v2, and v4 after v3",
)

RELEASED_CHANGED = rule(
    "released-changed",
    """
    What was released is frozen: its contracts, its change and its tags. Clients were told
    that they can rely on it. What is derived from the types at head and from the changes must
    be what `gati.lock` holds.
    """,
    "version 2025-11-01 as v1    # released\ntype Order { id: Uuid, note: string }",
    "version 2025-11-01 as v1    # released\nversion 2026-03-01 as v2\n"
    "type Order { id: Uuid, note: string }\n"
    'change v2 { type Order { add note: string = "" } }',
)

RELEASE_ORDER = rule(
    "release-order",
    """
    A version that is not released lies before one that is. Versions are released in the order
    of the timeline, because every change is a step from the release before it.
    """,
    "version 2025-11-01 as v1\nversion 2026-01-01 as v1b\nversion 2026-03-01 as v2    # released",
    "version 2025-11-01 as v1\nversion 2026-03-01 as v2    # released\nversion 2026-06-01 as v3",
)

PROOF_LOST = warning(
    "proof-lost",
    """
    When the version was released, its transform was proved to give what the contract says.
    This gatid cannot prove it any more. What the transform gives is validated at run time
    again, at the cost of a request's time.
    """,
    "# a release whose transform this gatid cannot prove",
    "# the release as it is: nothing is lost but time",
)
