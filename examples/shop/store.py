"""Orders in SQLite. One instance serves all requests of a worker; all workers share the file."""

import asyncio
import fcntl
import json
import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from gatid.modules import idempotent

SAMPLE = {
    "id": "019a3e2c-5d00-7a1b-9c2d-3e4f5a6b7c8d",
    "customer": {"name": "Grace Hopper", "email": "grace@example.com", "phone": "+15550100"},
    "lines": [{"sku": "TEA-0001", "quantity": 2, "gift": True}],
    "amount": "9.00",
    "currency": "EUR",
    "status": "paid",
    "placed_at": "2026-09-20T08:30:00Z",
}

ARTICLES = [
    {
        "kind": "goods",
        "sku": "TEA-0001",
        "maker": "Ostfriesen",
        "title": "Broken Silver Leaf",
        "label": "Ostfriesen Broken Silver Leaf",
        "price": 4.5,
        "size": "8x15",
        "images": ["tea-0001.webp", "tea-0001-cup.webp"],
        "category": "tea",
        "audience": "all",
        "weight": 250,
        "shelf": {"aisle": 3, "place": 17},
        "rating": {"stars": 4, "votes": 212},
    },
    {"kind": "voucher", "sku": "VOU-0025", "value": 25},
]


class Store:
    def __init__(self, mctx):
        self.path = state_folder() / mctx.config["database"]
        self.lock = threading.Lock()

    async def start(self):
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the workers start at once; one prepares the file
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.execute(
                "CREATE TABLE IF NOT EXISTS orders (seq INTEGER PRIMARY KEY,"
                " id TEXT UNIQUE NOT NULL, status TEXT NOT NULL, payment TEXT,"
                " document TEXT NOT NULL)"
            )
            self.db.execute(
                "CREATE TABLE IF NOT EXISTS articles (sku TEXT PRIMARY KEY, document TEXT NOT NULL)"
            )
            self._insert(SAMPLE)  # something to look at
            for article in ARTICLES:
                self._put_article(article)

    async def stop(self):
        self.db.close()

    async def health(self):
        with self.lock:
            return self.db.execute("SELECT 1").fetchone() == (1,)

    async def insert(self, order: dict):
        stored = {**order, "id": str(uuid4()), "placed_at": now(), "amount": str(order["amount"])}
        await asyncio.to_thread(self._insert, stored)
        return stored

    async def get(self, order_id: str):
        return await asyncio.to_thread(self._get, order_id)

    @idempotent
    async def page(self, status: str | None, limit: int, after: str | None):
        return await asyncio.to_thread(self._page, status, limit, after)

    async def pay(self, order_id: str, reference: str):
        """The order, and whether this call was the one that paid it."""
        return await asyncio.to_thread(self._pay, order_id, reference)

    @idempotent
    async def articles(self):
        return await asyncio.to_thread(self._articles)

    async def put_article(self, article):
        await asyncio.to_thread(self._put_article, article)
        return article

    def _articles(self):
        with self.lock:
            rows = self.db.execute("SELECT document FROM articles ORDER BY sku").fetchall()
        return [json.loads(text) for (text,) in rows]

    def _put_article(self, article):
        with self.lock:
            self.db.execute(
                "INSERT OR REPLACE INTO articles (sku, document) VALUES (?, ?)",
                (article["sku"], json.dumps(article)),
            )

    def _insert(self, order):
        with self.lock:
            self.db.execute(
                "INSERT OR IGNORE INTO orders (id, status, document) VALUES (?, ?, ?)",
                (order["id"], order["status"], json.dumps(order)),
            )

    def _get(self, order_id):
        with self.lock:
            row = self.db.execute(
                "SELECT document, status FROM orders WHERE id = ?", (order_id,)
            ).fetchone()
        if row is None:
            raise KeyError(order_id)
        return document(row)

    def _page(self, status, limit, after):
        with self.lock:
            rows = self.db.execute(
                "SELECT document, status FROM orders"
                " WHERE (:status IS NULL OR status = :status)"
                " AND (:after IS NULL OR seq < (SELECT seq FROM orders WHERE id = :after))"
                " ORDER BY seq DESC LIMIT :limit",
                {"status": status, "after": after, "limit": limit},
            ).fetchall()
        return [document(row) for row in rows]

    def _pay(self, order_id, reference):
        with self.lock:
            paid = self.db.execute(
                "UPDATE orders SET status = 'paid', payment = ? WHERE id = ? AND status = 'new'",
                (reference, order_id),
            )
        return self._get(order_id), paid.rowcount == 1


def document(row):
    text, status = row
    return {**json.loads(text), "status": status}


def now():
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def state_folder():
    """Where a relative database path lies: systemd's state directory, else the user's own."""
    if folder := os.environ.get("STATE_DIRECTORY"):
        return Path(folder)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "gatid-shop"
