"""The tables of the store, and what is asked of them.

A format is what all scripts up to it have made. A new format is a script more, never an edit of
one that is there: databases of every older format are brought forward by what they lack. Each
table begins with its key.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE generation (number INTEGER PRIMARY KEY, plan TEXT NOT NULL)",
        "CREATE TABLE plan (id TEXT PRIMARY KEY, app TEXT NOT NULL, size INTEGER NOT NULL)",
        # Tags as a JSON list, the first one being what answers echo.
        """CREATE TABLE release (
            plan TEXT NOT NULL, position INTEGER NOT NULL, unix INTEGER NOT NULL,
            date TEXT NOT NULL, tags TEXT NOT NULL, sunset INTEGER,
            PRIMARY KEY (plan, position)) WITHOUT ROWID""",
        # `since` and `until` are positions of releases, `until` exclusive and NULL at head.
        """CREATE TABLE contract (
            plan TEXT NOT NULL, id TEXT NOT NULL, route TEXT NOT NULL, seq INTEGER NOT NULL,
            since INTEGER NOT NULL, until INTEGER, manifest TEXT NOT NULL,
            PRIMARY KEY (plan, id)) WITHOUT ROWID""",
        "CREATE TABLE manifest (id TEXT PRIMARY KEY, content TEXT NOT NULL)",
        """CREATE TABLE uses (
            manifest TEXT NOT NULL, part TEXT NOT NULL, gtype TEXT NOT NULL,
            PRIMARY KEY (manifest, part)) WITHOUT ROWID""",
        "CREATE TABLE gtype (fingerprint TEXT PRIMARY KEY, content TEXT NOT NULL)",
        # `way` is `forward`, `backward` or `headers`, `status` the handler's, 0 for requests.
        """CREATE TABLE carries (
            manifest TEXT NOT NULL, way TEXT NOT NULL, status INTEGER NOT NULL,
            transform TEXT NOT NULL, proved INTEGER NOT NULL,
            PRIMARY KEY (manifest, way, status)) WITHOUT ROWID""",
        "CREATE TABLE transform (id TEXT PRIMARY KEY, source TEXT NOT NULL)",
        "CREATE TABLE seal (digest TEXT PRIMARY KEY)",
    ),
    (
        """CREATE TABLE module (
            plan TEXT NOT NULL, name TEXT NOT NULL, manifest TEXT NOT NULL,
            PRIMARY KEY (plan, name)) WITHOUT ROWID""",
    ),
)

FACTS = (
    "SELECT position, unix, date, tags, sunset FROM release WHERE plan = ? ORDER BY 1",
    "SELECT id, route, seq, since, until, manifest FROM contract WHERE plan = ? ORDER BY 1",
    "SELECT name, manifest FROM module WHERE plan = ? ORDER BY 1",
    """SELECT id, content FROM manifest
        WHERE id IN (SELECT manifest FROM contract WHERE plan = ?1
        UNION SELECT manifest FROM module WHERE plan = ?1) ORDER BY 1""",
    """SELECT manifest, part, gtype FROM uses
        WHERE manifest IN (SELECT manifest FROM contract WHERE plan = ?) ORDER BY 1, 2""",
    """SELECT fingerprint, content FROM gtype WHERE fingerprint IN (SELECT gtype FROM uses
        WHERE manifest IN (SELECT manifest FROM contract WHERE plan = ?)) ORDER BY 1""",
    """SELECT manifest, way, status, transform, proved FROM carries
        WHERE manifest IN (SELECT manifest FROM contract WHERE plan = ?) ORDER BY 1, 2, 3""",
    """SELECT id, source FROM transform WHERE id IN (SELECT transform FROM carries
        WHERE manifest IN (SELECT manifest FROM contract WHERE plan = ?)) ORDER BY 1""",
)
"""What a plan said, in the order of the fields of `Facts`."""

FORGET = """DELETE FROM generation
    WHERE number NOT IN (SELECT number FROM generation ORDER BY number DESC LIMIT ?)"""

SWEEP = (
    "DELETE FROM plan WHERE id NOT IN (SELECT plan FROM generation)",
    "DELETE FROM release WHERE plan NOT IN (SELECT id FROM plan)",
    "DELETE FROM contract WHERE plan NOT IN (SELECT id FROM plan)",
    "DELETE FROM module WHERE plan NOT IN (SELECT id FROM plan)",
    """DELETE FROM manifest WHERE id NOT IN
        (SELECT manifest FROM contract UNION SELECT manifest FROM module)""",
    "DELETE FROM uses WHERE manifest NOT IN (SELECT id FROM manifest)",
    "DELETE FROM carries WHERE manifest NOT IN (SELECT id FROM manifest)",
    "DELETE FROM gtype WHERE fingerprint NOT IN (SELECT gtype FROM uses)",
    "DELETE FROM transform WHERE id NOT IN (SELECT transform FROM carries)",
)
"""What nothing refers to any more."""
