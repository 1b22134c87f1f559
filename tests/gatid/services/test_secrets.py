"""Secrets: fetched once within their TTL, refused where not allowed, never shown."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import hashlib
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.errors import DeniedError
from gatid.observe.logs import Log
from gatid.observe.scrub import Scrubber
from gatid.policies.api_key import BadKeysError
from gatid.services.key_rings import key_ring
from gatid.services.secrets import (
    MissingSecretsError,
    Secret,
    SecretStore,
    SecretUnavailableError,
    needed,
)
from gatid_compiler import plan as p
from tests.gatid.services.plans import module, plan, route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gatid.services.conftest import Hosted


class CountingEnviron(dict[str, str]):
    """An environment that counts how often it is asked."""

    reads = 0

    def get(self, key: str, default: str = "") -> str:
        self.reads += 1
        return super().get(key, default)


@pytest.mark.prop(29)
@given(
    st.none() | st.integers(1, 5000),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 4)), max_size=30),
)
def test_within_its_ttl_a_secret_is_fetched_once(
    ttl: int | None, asked: list[tuple[int, int]]
) -> None:
    """After it once more, however many ask at the same time."""
    now = [0]
    environ = CountingEnviron()
    log = Log.stderr()
    store = SecretStore(Path(), Scrubber(), log, clock=lambda: now[0], environ=environ)
    # Whole seconds: an instant at the very end of a TTL is told exactly.
    spec = p.Secret("dsn", "env", "DSN", None if ttl is None else ttl * 1000)
    names = store.of({"dsn": spec})
    fetched = None
    fetches = 0

    async def ask(callers: int) -> list[str]:
        secrets = await asyncio.gather(*(names.get("dsn") for _ in range(callers)))
        return [secret.reveal() for secret in secrets]

    with asyncio.Runner() as runner:
        for pause, callers in asked:
            now[0] += pause
            environ["DSN"] = f"at {now[0]}"
            if fetched is None or (ttl is not None and now[0] >= fetched + ttl):
                fetched = now[0]
                fetches += 1
            assert runner.run(ask(callers)) == [f"at {fetched}"] * callers
            assert environ.reads == fetches


def test_a_file_is_read_relative_to_the_entry(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/dsn").write_text("postgres://x\n")
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "file", "keys/dsn", 1000)})

    async def main() -> None:
        assert names.fresh("dsn") is None
        first = await names.get("dsn")
        assert first.reveal() == "postgres://x"
        assert names.fresh("dsn") is first
        (tmp_path / "keys/dsn").write_text("postgres://y")
        assert await names.get("dsn") is first
        hosted.now += 1
        assert (await names.get("dsn")).reveal() == "postgres://y"

    asyncio.run(main())


def test_one_caller_that_gives_up_does_not_take_it_from_the_others(
    hosted: Hosted, tmp_path: Path
) -> None:
    (tmp_path / "dsn").write_text("value")
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "file", "dsn", None)})

    async def main() -> None:
        impatient = asyncio.ensure_future(names.get("dsn"))
        patient = asyncio.ensure_future(names.get("dsn"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await patient).reveal() == "value"

    asyncio.run(main())


def test_what_is_missing_is_named_all_at_once(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff")
    (tmp_path / "large").write_bytes(b"x" * (1 << 20) + b"y")
    hosted.environ["EMPTY"] = ""
    hosted.environ["THERE"] = "fine"
    specs = {
        name: p.Secret(name, backend, argument, None)
        for name, backend, argument in [
            ("dsn", "env", "SHOP_DSN"),
            ("blank", "env", "EMPTY"),
            ("keys", "file", "keys.txt"),
            ("empty", "file", "empty"),
            ("bytes", "file", "bytes"),
            ("large", "file", "large"),
            ("there", "env", "THERE"),
        ]
    }
    with pytest.raises(MissingSecretsError) as caught:
        hosted.host.secrets.of(specs).require(specs)
    assert caught.value.faults == (
        "secret `dsn` comes from the environment variable `SHOP_DSN`, which is not set",
        "secret `blank` comes from the environment variable `EMPTY`, which is empty",
        "secret `keys` comes from the file `keys.txt`, which cannot be read:"
        " no such file or directory",
        "secret `empty` comes from the file `empty`, which is empty",
        "secret `bytes` comes from the file `bytes`, which is no UTF-8 text",
        "secret `large` comes from the file `large`, which is larger than 1 MiB",
    )


def test_a_secret_that_fails_later_keeps_its_value_and_is_logged(
    hosted: Hosted, tmp_path: Path
) -> None:
    (tmp_path / "dsn").write_text("value")
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "file", "dsn", 60_000)})
    names.require(["dsn"])
    (tmp_path / "dsn").unlink()
    hosted.now += 61

    async def main() -> None:
        assert (await names.get("dsn")).reveal() == "value"
        assert (await names.get("dsn")).reveal() == "value"
        assert [event["level"] for event in hosted.events()] == ["error", "info"]
        hosted.now += 1
        (tmp_path / "dsn").write_text("new")
        assert (await names.get("dsn")).reveal() == "new"

    asyncio.run(main())
    event = hosted.events()[0]
    assert (event["level"], event["secret"]) == ("error", "dsn")


def test_a_secret_that_never_was_there_fails_each_time(hosted: Hosted) -> None:
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "env", "DSN", None)})
    for _ in range(2):
        with pytest.raises(SecretUnavailableError, match="`DSN`, which is not set"):
            asyncio.run(names.get("dsn"))
    hosted.environ["DSN"] = "now"
    assert asyncio.run(names.get("dsn")).reveal() == "now"


def test_what_is_not_allowed_says_what_to_write(hosted: Hosted) -> None:
    hosted.environ["DSN"] = "x"
    specs = {"dsn": p.Secret("dsn", "env", "DSN", None)}
    narrow = hosted.host.secrets.of(specs).only((), "route `orders`")
    with pytest.raises(DeniedError, match="write `allow secret dsn` in route `orders`"):
        asyncio.run(narrow.get("dsn"))
    with pytest.raises(DeniedError, match="no secret `other` is declared"):
        asyncio.run(narrow.get("other"))
    with pytest.raises(PermissionError):
        asyncio.run(narrow.get("other"))


@given(st.text(min_size=9))
def test_a_secret_does_not_show_itself(value: str) -> None:
    secret = Secret("dsn", value)
    shown = (repr(secret), str(secret), f"{secret}", f"{secret:>5}", f"{[secret]!r}", f"{secret}")
    assert all("***" in text for text in shown)
    assert secret.reveal() == value
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"a": [secret]})["a"][0] is secret
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="`dsn` cannot be pickled"):
            pickle.dumps(secret, protocol)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        orjson.dumps({"a": secret})
    with pytest.raises(AttributeError):
        secret.name = "other"
    assert secret == Secret("other", value)
    assert secret != Secret("dsn", value + "x")
    assert secret != value

    @dataclasses.dataclass
    class Holder:
        secret: Secret

    assert value not in repr(Holder(secret))
    assert dataclasses.asdict(Holder(secret))["secret"] is secret


def test_what_was_read_is_scrubbed_from_logs(hosted: Hosted) -> None:
    hosted.environ["DSN"] = "planted-value-1"
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "env", "DSN", None)})
    secret = asyncio.run(names.get("dsn"))
    hosted.host.log.error(f"cannot connect to {secret.reveal()}", at=[secret, "planted-value-1"])
    assert b"planted" not in hosted.log_path.read_bytes()


def test_what_a_plan_needs() -> None:
    whole = plan(
        module("store", secrets=("dsn",)),
        routes=(
            route("a", auth=(p.KeyAuth("x-api-key", None, "keys"),)),
            route("b", secrets=("token", "dsn")),
        ),
        secrets=tuple(
            p.Secret(name, "env", name.upper(), None) for name in ("dsn", "keys", "token", "spare")
        ),
    )
    assert needed(whole) == ("dsn", "keys", "token")


def line(name: str, key: str) -> str:
    return f"{name} sha256:{hashlib.sha256(key.encode()).hexdigest()} clerk\n"


def rewrite(path: Path, text: str) -> None:
    path.write_text(text)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "keys.txt"
    path.write_text(line("alice", "one"))
    return path


def test_a_key_ring_follows_its_secret(hosted: Hosted, keys: Path) -> None:
    names = hosted.host.secrets.of({"keys": p.Secret("keys", "file", "keys.txt", 60_000)})
    live = key_ring(names, "keys", hosted.host.log)

    async def main() -> None:
        assert live.fresh() is None
        ring = await live.load()
        assert live.fresh() is ring
        alice = ring.find("one")
        assert alice is not None
        assert alice.name == "alice"
        hosted.now += 61
        assert live.fresh() is None
        assert await live.load() is ring
        rewrite(keys, line("bob", "two"))
        assert live.fresh() is ring
        hosted.now += 61
        rotated = await live.load()
        assert rotated.find("one") is None
        assert rotated.find("two") is not None

    asyncio.run(main())


def test_a_broken_key_file_is_logged_and_locks_nobody_out(hosted: Hosted, keys: Path) -> None:
    names = hosted.host.secrets.of({"keys": p.Secret("keys", "file", "keys.txt", 60_000)})
    live = key_ring(names, "keys", hosted.host.log)

    async def main() -> None:
        ring = await live.load()
        rewrite(keys, "alice oops\n")
        hosted.now += 61
        assert await live.load() is ring
        assert live.fresh() is ring

    asyncio.run(main())
    event = hosted.events()[-1]
    assert (event["message"], event["secret"]) == ("a key file is broken", "keys")
    assert event["reason"].startswith("line 1: ")


def test_a_key_file_that_never_was_good_is_refused(hosted: Hosted, keys: Path) -> None:
    keys.write_text("alice oops\n")
    names = hosted.host.secrets.of({"keys": p.Secret("keys", "file", "keys.txt", None)})
    with pytest.raises(BadKeysError):
        asyncio.run(key_ring(names, "keys", hosted.host.log).load())
