"""The measured work over fifty-one versions: the same POST, spoken one hop and fifty hops back.

Each version renamed the same field of what is sent and of what is answered, and renamed one value
of `status`.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import servers

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = 51
SIZE = 411


def entry(folder: Path) -> Path:
    """Writes the project; its entry file."""
    text = (servers.WORK / "orders.gati").read_text()
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    lines = [text]
    for v in range(1, VERSIONS + 1):
        lines.append(f"version {begin + timedelta(days=7 * v):%Y-%m-%d} as v{v}")
    for v in range(2, VERSIONS + 1):
        rename = f"rename {buyer(v - 1)} -> {buyer(v)}"
        values = f'map status {{ "{new(v - 1)}" -> "{new(v)}" }}'
        lines.append(
            f'change v{v} "Another name." {{\n'
            + "".join(f"  type {t} {{ {rename}\n{values} }}\n" for t in ("Order", "Receipt"))
            + "}"
        )
    path = folder / "hops.gati"
    path.write_text("\n".join(lines) + "\n")
    shutil.copy(servers.WORK / "orders.py", folder)
    return path


def buyer(version: int) -> str:
    """What the field for the customer was called in a version."""
    return "customer" if version == VERSIONS else f"buyer{version:03}"


def new(version: int) -> str:
    """How the status of a new order was written in a version."""
    return "new" if version == VERSIONS else f"n{version:02}"


def body(version: int) -> str:
    """The order as a client of a version sends it, as long in every version."""
    order = {
        buyer(version): {
            "name": "Grace Brewster Murray Hopper",
            "email": "grace.hopper@example.com",
        },
        "lines": [
            {"sku": "TEA-0001", "quantity": 2, "gift": True},
            {"sku": "MUG-0002", "quantity": 1, "gift": False},
            {"sku": "POT-0003", "quantity": 12, "gift": False},
            {"sku": "CUP-0004", "quantity": 6, "gift": True},
        ],
        "status": new(version),
    }
    bare = json.dumps(order | {"note": ""}, separators=(",", ":"))
    return json.dumps(order | {"note": "x" * (SIZE - len(bare))}, separators=(",", ":"))
