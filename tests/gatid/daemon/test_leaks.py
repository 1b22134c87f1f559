"""Secrets that handlers are careless with are in no answer of ours, no log, no file, no number."""

from __future__ import annotations

import ast
import base64
import binascii
import hashlib
import itertools
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gatid.daemon.running import Daemons, Running, request, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid.daemon import control

PROJECT = Path(__file__).parent / "leaking"
CORE = "pL4nt"
"""In the midst of every planted value: whatever shows a part of one is likely to show it."""

_NUMBERS = itertools.count(100)

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")


def ways() -> list[str]:
    tree = ast.parse((PROJECT / "leaking.py").read_text())
    names = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    others = {"leak", "stream", "before", "caught", "nothing", "heard"}
    return [f"/leak/{name}" for name in names if name not in others] + ["/stream", "/hooked"]


def core() -> str:
    """What no value had before, so that knowing those does not hide this one."""
    return f"{CORE}{next(_NUMBERS)}"


def shows(data: bytes) -> bytes:
    """The place in `data` that shows the core of a planted value, decoded or not; else nothing."""
    low = data.lower()
    for form in (CORE.lower().encode(), CORE.encode().hex().encode()):
        at = low.find(form)
        if at >= 0:
            return data[max(0, at - 100) : at + 100]
    for found in _BASE64.finditer(data):
        token = found[0].replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            part = token[start : start + (len(token) - start) // 4 * 4]
            try:
                if CORE.lower().encode() in base64.b64decode(part).lower():
                    return found[0]
            except binascii.Error:
                continue
    return b""


class Planted:
    """A daemon on the careless project, and what it wrote since it was looked at last."""

    def __init__(self, running: Running, base: Path) -> None:
        self.running = running
        self.base = base
        self.port = running.port
        admin = running.status()["admin"]
        self.admin = ("127.0.0.1", int(admin.rpartition(":")[2]))
        self._read = 0

    def plant(self, value: str) -> None:
        # Not half of it: a worker may be reading.
        (self.base / "next").write_bytes(value.encode())
        (self.base / "next").rename(self.base / "planted")

    def logged(self) -> bytes:
        data = self.running.log_path.read_bytes()
        end = data.rfind(b"\n") + 1
        new, self._read = data[self._read : end], max(end, self._read)
        return new

    def everywhere(self) -> Iterator[tuple[str, bytes]]:
        for path in self.running.state.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
        yield "the metrics", request(self.admin, "/metrics")[1]
        yield "the status", json.dumps(self.running.status()).encode()


@pytest.fixture(scope="module")
def planted() -> Iterator[Planted]:
    folder = Path(tempfile.mkdtemp(prefix="gatid-"))
    base = folder / "project"
    shutil.copytree(PROJECT, base)
    (base / "planted").write_text("before the first one")
    daemons = Daemons(folder)
    running = daemons.start(base / "app.gati", env={"XDG_RUNTIME_DIR": str(folder)})
    yield Planted(running, base)
    daemons.end()
    shutil.rmtree(folder, ignore_errors=True)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60)


@pytest.mark.prop(41)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from(ways()), TEXTS, TEXTS)
def test_a_planted_secret_is_found_nowhere(
    planted: Planted, way: str, before: str, after: str
) -> None:
    value = f"{before}{core()}{after}"
    planted.plant(value)
    status, answer = request(("127.0.0.1", planted.port), way)
    assert shows(answer) == b""
    assert status != 404
    text = planted.logged()
    if way.startswith("/leak/"):
        digest = hashlib.sha256(value.encode()).hexdigest().encode()
        until(lambda: digest in text or digest in planted.running.log_path.read_bytes())
    assert shows(text) == b"", way
    for place, data in planted.everywhere():
        assert shows(data) == b"", place


def test_every_way_leaks_nothing(planted: Planted) -> None:
    for way in ways():
        planted.plant(f"postgres://user:x{core()}/y+z@db.example:5432/shop")
        status, answer = request(("127.0.0.1", planted.port), way)
        assert status != 404, way
        assert shows(answer) == b"", way
        assert shows(planted.logged()) == b"", way
    for place, data in planted.everywhere():
        assert shows(data) == b"", place


REFUSED = """
import os
{top}

class Careless:
    def __init__(self, mctx):
        self.mctx = mctx

    async def start(self):
        value = (await self.mctx.secrets.get("planted")).reveal()
        {start}

    async def call(self):
        pass

async def leak(req, res, gctx, lctx):
    pass

stream = before = nothing = leak

async def heard(event, gctx):
    pass

async def caught(error, req, res, gctx, lctx):
    pass
"""


@pytest.mark.parametrize(
    ("top", "start", "reason"),
    [
        ("raise RuntimeError(os.environ['PLANTED'])", "pass", "RuntimeError"),
        ("print(os.environ['PLANTED'], flush=True); os._exit(3)", "pass", "ended the process"),
        ("pass", "raise RuntimeError(value)", "did not start"),
        ("pass", "raise SystemExit(value)", "did not start"),
    ],
)
def test_a_refusal_tells_no_secret(
    top: str, start: str, reason: str, daemons: Daemons, folder: Path
) -> None:
    value = f"x{core()}y"
    base = folder / "project"
    shutil.copytree(PROJECT, base)
    entry = base / "app.gati"
    entry.write_text(entry.read_text().replace('file "planted" { ttl 1ms }', 'env "PLANTED"'))
    running = daemons.start(entry, workers=1, env={"PLANTED": value})
    (base / "leaking.py").write_text(REFUSED.format(top=top, start=start))
    said: control.Reloaded = running.daemon.reload(True)
    assert not said.ok
    assert reason in repr(said), said
    assert shows(repr(said).encode()) == b""
    assert shows(running.log_path.read_bytes()) == b""
    assert shows(json.dumps(running.status()).encode()) == b""
