"""A vault that a command works on: held by it alone, and replaced whole."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import click

from gatid.cli.faults import Misused, Refused
from gatid.services.secrets import vault_keys
from gatid.services.secrets.faults import VaultError
from gatid.services.secrets.vault import Key, kind, seal, unseal
from gatid_compiler import atomic


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the key of a vault is to be, as a command was told."""

    key_file: Path | None
    passphrase_file: Path | None

    def keys(self) -> tuple[Key, ...]:
        """The keys that are there, none where it is to be asked for. Raises `VaultError`."""
        if self.key_file is not None:
            return vault_keys.of_file(self.key_file)
        if self.passphrase_file is not None:
            return (vault_keys.of_passphrase_file(self.passphrase_file),)
        return vault_keys.found(os.environ)

    def made(self, *, new: bool = False) -> Key:
        """The key to write with: read, or made where there is none. `new` looks at nothing that
        the vault had until now.
        """
        path = self.key_file
        if path is not None and not path.exists():
            key = vault_keys.new()
            _make(path, vault_keys.line(key).encode())
            click.echo(f"made {path}: keep it where the vault is not", err=True)
            return key
        try:
            keys = () if new and path is None and self.passphrase_file is None else self.keys()
            return keys[0] if keys else _asked("new passphrase", confirmed=True)
        except VaultError as error:
            raise Misused(f"the vault {error}") from error


@dataclass(slots=True)
class Opened:
    """A vault that nobody else writes until it is closed. Use as a context manager."""

    path: Path
    key_file: Path | None
    key: Key
    values: Mapping[str, str]
    _lock: int

    @staticmethod
    def of(path: Path, wanted: Wanted) -> Opened:
        """Opens it; raises `Refused` saying what is wrong with it or its key."""
        lock = _held(path)
        try:
            data = path.read_bytes()
            keys = wanted.keys()
            if not keys:
                keys = (_asked("passphrase"),) if kind(data) == "scrypt" else ()
            if not keys:
                raise VaultError(f"has no key here: give --key-file, or set {vault_keys.PLACES}")
            key, values = unseal(data, keys)
        except VaultError as error:
            os.close(lock)
            raise Refused(f"{path} {error}") from error
        except BaseException:
            os.close(lock)
            raise
        file = wanted.key_file or os.environ.get(vault_keys.KEY_FILE)
        return Opened(path, None if file is None else path.__class__(file), key, values, lock)

    def store(self, values: Mapping[str, str], key: Key | None = None) -> None:
        """Puts other values in their place."""
        write(self.path, values, key or self.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._lock)


def write(path: Path, values: Mapping[str, str], key: Key) -> None:
    """A vault with these values, in the place of what is there."""
    try:
        atomic.write(path, seal(values, key), 0o600)
    except OSError as error:
        raise Misused(f"cannot write {path}: {error.strerror}") from error


def replace_key(opened: Opened) -> None:
    """Another key in the same key file. Wherever it is cut short, the file opens the vault."""
    if opened.key_file is None:
        raise Misused("the key is a credential: give --new-key-file, and make it the credential")
    key = vault_keys.new()
    try:
        both = vault_keys.line(key) + vault_keys.line(opened.key)
        atomic.write(opened.key_file, both.encode(), 0o600)
        opened.store(opened.values, key)
        atomic.write(opened.key_file, vault_keys.line(key).encode(), 0o600)
    except OSError as error:
        raise Misused(f"cannot write {opened.key_file}: {error.strerror}") from error


def _held(path: Path) -> int:
    """A lock on the file that is in its place now; it may be replaced while we wait."""
    while True:
        try:
            lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            hint = "; make it with `gatid secrets init`" if not path.exists() else ""
            raise Misused(f"cannot read {path}: {(error.strerror or '').lower()}{hint}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            click.echo(f"waiting for another command that has {path}", err=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.samestat(os.fstat(lock), path.stat()):
            return lock
        os.close(lock)


def _make(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise Misused(f"cannot write {path}: {error.strerror}") from error


def _asked(what: str, *, confirmed: bool = False) -> Key:
    if not sys.stdin.isatty():
        raise Misused(f"no key: give --key-file or --passphrase-file, or set {vault_keys.PLACES}")
    text = click.prompt(what, hide_input=True, confirmation_prompt=confirmed, err=True)
    return vault_keys.of_passphrase(text)
