"""Vaults: what is sealed is unsealed by its key alone, and every other fault is named."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.services.secrets import SecretUnavailableError
from gatid.services.secrets import vault_keys as keys
from gatid.services.secrets.faults import VaultError, WrongKeyError
from gatid.services.secrets.vault import TITLE, Key, kind, seal, unseal
from gatid_compiler import plan as p

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gatid.services.conftest import Hosted

KEY = keys.new()
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
VALUES = st.dictionaries(NAMES, st.text(min_size=1, max_size=200), max_size=6)
ONE = seal({"dsn": "postgres://planted", "other": "x"}, KEY)


@given(VALUES)
def test_what_is_sealed_is_unsealed(values: dict[str, str]) -> None:
    data = seal(values, KEY)
    assert unseal(data, [keys.new(), KEY]) == (KEY, values)
    assert seal(values, KEY) != data
    assert data.isascii()
    assert data.startswith(TITLE.encode())
    for name, value in values.items():
        assert len(value) < 6 or value.encode() not in data
        assert len(name) < 6 or name.encode() not in data


@given(st.integers(0, len(ONE) - 1))
def test_a_vault_cut_anywhere_is_said_to_be_truncated(length: int) -> None:
    with pytest.raises(VaultError, match="truncated" if length else "is empty"):
        unseal(ONE[:length], [KEY])


@given(st.integers(0, len(ONE) - 1), st.integers(1, 255))
def test_a_vault_changed_anywhere_is_refused(at: int, change: int) -> None:
    data = bytearray(ONE)
    data[at] ^= change
    with pytest.raises(VaultError) as caught:
        unseal(bytes(data), [KEY])
    assert not isinstance(caught.value, WrongKeyError)


@given(st.binary(max_size=300))
def test_what_is_no_vault_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(VaultError):
        unseal(data, [KEY])


def test_what_comes_after_the_end_is_tampering() -> None:
    with pytest.raises(VaultError, match="tampered"):
        unseal(ONE + b"x", [KEY])


def forged(data: bytes, change: dict[str, object], body: bytes | None = None) -> bytes:
    """A vault that someone changed who knows how to make the digest right again."""
    title, head, encrypted, _ = data.decode().split("\n", 3)
    header = json.loads(head) | change
    text = json.dumps(header, sort_keys=True, separators=(",", ":"))
    whole = f"{title}\n{text}\n{body.decode() if body else encrypted}\n".encode()
    return whole + hashlib.sha256(whole).hexdigest().encode() + b"\n"


def test_a_forgery_whose_digest_is_right_is_found_by_the_cipher() -> None:
    encrypted = bytearray(base64.b64decode(ONE.split(b"\n")[2]))
    encrypted[5] ^= 1
    data = forged(ONE, {}, base64.b64encode(encrypted))
    with pytest.raises(VaultError, match="tampered with: it is not what was encrypted"):
        unseal(data, [KEY])
    with pytest.raises(VaultError, match="not what was encrypted"):
        unseal(forged(ONE, {"nonce": "00" * 12}), [KEY])
    # Every word of the header is under the seal, those that nobody needs too.
    with pytest.raises(VaultError, match="not what was encrypted"):
        unseal(forged(ONE, {"more": 1}), [KEY])


@pytest.mark.parametrize(
    "change",
    [{"n": 1 << 30}, {"n": 3}, {"r": 1000}, {"p": 0}, {"n": "x"}, {"salt": "00"}, {"key": "none"}],
)
def test_costs_that_would_exhaust_the_reader_are_refused(change: dict[str, object]) -> None:
    key = keys.of_passphrase("correct horse")
    with pytest.raises(VaultError, match="tampered"):
        unseal(forged(seal({}, key), change), [key])


def test_a_wrong_key_is_named() -> None:
    with pytest.raises(WrongKeyError, match="was not written with this key"):
        unseal(ONE, [keys.new()])
    sealed = seal({"a": "b"}, keys.of_passphrase("correct horse"))
    with pytest.raises(WrongKeyError, match="was not written with this passphrase"):
        unseal(sealed, [keys.of_passphrase("correct house")])
    with pytest.raises(WrongKeyError, match="is opened by a passphrase, not by a key file"):
        unseal(sealed, [KEY])
    assert unseal(sealed, [keys.of_passphrase("correct horse")])[1] == {"a": "b"}
    assert (kind(ONE), kind(sealed)) == ("file", "scrypt")


def test_where_a_key_is_looked_for(tmp_path: Path) -> None:
    other = keys.new()
    (tmp_path / "key").write_text(keys.line(KEY) + keys.line(other))
    (tmp_path / "words").write_text("correct horse\n")
    (tmp_path / "gatid_vault_key").write_text(keys.line(other))
    words = keys.of_passphrase("correct horse")
    everything = {
        keys.PASSPHRASE: "correct horse",
        keys.CREDENTIALS: str(tmp_path),
        keys.PASSPHRASE_FILE: str(tmp_path / "words"),
        keys.KEY_FILE: str(tmp_path / "key"),
    }
    expected = [(words,), (other,), (words,), (KEY, other)]
    given: dict[str, str] = {}
    assert keys.found(given) == ()
    for (name, value), found in zip(everything.items(), expected, strict=True):
        given[name] = value
        assert keys.found(given) == found
    (tmp_path / "gatid_vault_key").rename(tmp_path / "gatid_vault_passphrase")
    assert keys.found({keys.CREDENTIALS: str(tmp_path)})[0].kind == "scrypt"


@pytest.mark.parametrize("text", ["", "x\n", f"{keys.PREFIX}AAAA\n", f"{keys.PREFIX}!\n"])
def test_what_is_no_key_file_says_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(VaultError, match="key") as caught:
        keys.of_file(tmp_path / "key")
    assert "AAAA" not in str(caught.value)


def test_a_key_shows_itself_nowhere() -> None:
    key = Key("scrypt", b"correct horse")
    assert "correct" not in f"{key!r} {key}"


def test_a_secret_from_a_vault_follows_it(hosted: Hosted, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(keys.line(KEY))
    hosted.environ[keys.KEY_FILE] = str(tmp_path / "key")
    path = tmp_path / "secrets.vault"
    path.write_bytes(seal({"dsn": "first-value"}, KEY))
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "vault", "secrets.vault", 60_000)})

    async def main() -> list[str]:
        found = [(await names.get("dsn")).reveal()]
        path.write_bytes(seal({"dsn": "second-value"}, KEY))
        found.append((await names.get("dsn")).reveal())
        hosted.now += 61
        found.append((await names.get("dsn")).reveal())
        return found

    assert asyncio.run(main()) == ["first-value", "first-value", "second-value"]
    hosted.host.log.info(f"{keys.line(KEY)} first-value second-value")
    last = hosted.events()[-1]["message"]
    assert last == "*** *** ***" or "value" not in last
    assert base64.b64encode(KEY.data).decode() not in last


def test_what_is_wrong_with_a_vault_is_said_with_its_secret(hosted: Hosted, tmp_path: Path) -> None:
    def fault() -> str:
        names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "vault", "v", None)})
        with pytest.raises(SecretUnavailableError) as caught:
            asyncio.run(names.get("dsn"))
        return str(caught.value)

    where = "secret `dsn` comes from the vault `v`, which"
    assert fault() == f"{where} cannot be read: no such file or directory"
    (tmp_path / "v").write_bytes(seal({"other": "x"}, KEY))
    assert fault().startswith(f"{where} has no key here: set GATID_VAULT_KEY_FILE")
    hosted.environ[keys.KEY_FILE] = str(tmp_path / "key")
    assert "has a key in" in fault()
    (tmp_path / "key").write_text(keys.line(keys.new()))
    assert fault() == f"{where} was not written with this key"
    (tmp_path / "key").write_text(keys.line(KEY))
    assert fault() == f"{where} has no value of that name: `gatid secrets set dsn`"
    (tmp_path / "v").write_bytes(ONE[:-9])
    assert fault() == f"{where} is truncated: 9 of its {len(ONE)} bytes are missing"


def test_a_credential_is_a_file_that_systemd_gives(hosted: Hosted, tmp_path: Path) -> None:
    names = hosted.host.secrets.of({"dsn": p.Secret("dsn", "credential", "shop.dsn", None)})
    with pytest.raises(SecretUnavailableError, match=r"`LoadCredential=shop\.dsn:PATH`"):
        asyncio.run(names.get("dsn"))
    hosted.environ[keys.CREDENTIALS] = str(tmp_path)
    with pytest.raises(SecretUnavailableError, match="cannot be read: no such file"):
        asyncio.run(names.get("dsn"))
    (tmp_path / "shop.dsn").write_text("value\n")
    assert asyncio.run(names.get("dsn")).reveal() == "value"
