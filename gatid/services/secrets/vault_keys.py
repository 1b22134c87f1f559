"""The key of a vault: where the daemon and the commands look for it, and what it looks like.

A key file holds a line, `gatid-vault-key:` and the base64 of 32 bytes. One that is being rotated
holds two, the newer first: whoever reads the vault meanwhile finds the one that opens it.

The first of these that is there counts: `$GATID_VAULT_KEY_FILE` and
`$GATID_VAULT_PASSPHRASE_FILE`, the names of files; the systemd credentials `gatid_vault_key` and
`gatid_vault_passphrase`; `$GATID_VAULT_PASSPHRASE`, the passphrase itself.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gatid.services.secrets.faults import VaultError
from gatid.services.secrets.vault import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "gatid-vault-key:"

KEY_FILE = "GATID_VAULT_KEY_FILE"
PASSPHRASE_FILE = "GATID_VAULT_PASSPHRASE_FILE"  # noqa: S105 - a variable's name
PASSPHRASE = "GATID_VAULT_PASSPHRASE"  # noqa: S105 - a variable's name
CREDENTIALS = "CREDENTIALS_DIRECTORY"

PLACES = f"{KEY_FILE} or {PASSPHRASE_FILE}, or give the credential `gatid_vault_key`"
"""Where a key may be, for whoever has none."""

_LARGEST = 4096


def new() -> Key:
    """A key that nobody has."""
    return Key("file", os.urandom(32))


def line(key: Key) -> str:
    """A key as its file holds it."""
    return f"{PREFIX}{base64.b64encode(key.data).decode()}\n"


def shown(key: Key) -> str:
    """What a key looks like where somebody wrote it down."""
    return line(key).strip() if key.kind == "file" else key.data.decode("utf-8", "surrogatepass")


def of_passphrase(text: str) -> Key:
    """The key that a passphrase is; raises `VaultError` for an empty one."""
    if not text:
        raise VaultError("has an empty passphrase")
    return Key("scrypt", text.encode("utf-8", "surrogatepass"))


def of_file(path: Path) -> tuple[Key, ...]:
    """The keys in a key file, the newest first; raises `VaultError` saying what is wrong."""
    found = []
    for number, text in enumerate(_text(path).splitlines(), 1):
        try:
            if not text.startswith(PREFIX):
                raise ValueError
            data = base64.b64decode(text.removeprefix(PREFIX), validate=True)
            if len(data) != 32:
                raise ValueError
        except ValueError:
            raise VaultError(
                f"has a key file, `{path}`, whose line {number} is no key: one begins with"
                f" `{PREFIX}`, and is made by `gatid secrets init`"
            ) from None
        found.append(Key("file", data))
    if not found:
        raise VaultError(f"has a key file, `{path}`, that is empty")
    return tuple(found)


def of_passphrase_file(path: Path) -> Key:
    """The passphrase that is all of a file but the end of its line."""
    return of_passphrase(_text(path).removesuffix("\n").removesuffix("\r"))


def found(environ: Mapping[str, str]) -> tuple[Key, ...]:
    """The keys that the environment leads to, none where it leads to none."""
    if KEY_FILE in environ:
        return of_file(Path(environ[KEY_FILE]))
    if PASSPHRASE_FILE in environ:
        return (of_passphrase_file(Path(environ[PASSPHRASE_FILE])),)
    if CREDENTIALS in environ:
        credentials = Path(environ[CREDENTIALS])
        if (credentials / "gatid_vault_key").exists():
            return of_file(credentials / "gatid_vault_key")
        if (credentials / "gatid_vault_passphrase").exists():
            return (of_passphrase_file(credentials / "gatid_vault_passphrase"),)
    return (of_passphrase(environ[PASSPHRASE]),) if environ.get(PASSPHRASE) else ()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise VaultError(f"has a key in `{path}`, which cannot be read: {reason}") from error
    except UnicodeDecodeError:
        raise VaultError(f"has a key in `{path}`, which is no UTF-8 text") from None
