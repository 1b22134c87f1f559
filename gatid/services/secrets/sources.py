"""Where the text of a secret comes from: the environment, a file, systemd, or a vault."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gatid.services.secrets import vault_keys
from gatid.services.secrets.faults import SecretUnavailableError, VaultError
from gatid.services.secrets.vault import unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid_compiler import plan

_LARGEST = 1 << 20
_LARGEST_VAULT = 16 << 20


class Sources:
    """Reads secrets anew each time. `base` is what names of files are relative to.

    `learn` is told the text of every key that opens a vault: it is to be as secret as what the
    vault holds.
    """

    def __init__(
        self,
        base: Path,
        environ: Mapping[str, str] = os.environ,
        learn: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._base = base
        self._environ = environ
        self._learn = learn

    def text(self, spec: plan.Secret) -> str:
        """The text of a secret; may block. Raises `SecretUnavailableError`."""
        match spec.backend:
            case "env":
                return self._variable(spec)
            case "file":
                where = f"secret `{spec.name}` comes from the file `{spec.argument}`, which"
                return _text(self._base / spec.argument, where)
            case "credential":
                return self._credential(spec)
            case "vault":
                return self._vaulted(spec)

    def _variable(self, spec: plan.Secret) -> str:
        text = self._environ.get(spec.argument, "")
        if text:
            return text
        state = "empty" if spec.argument in self._environ else "not set"
        raise SecretUnavailableError(
            f"secret `{spec.name}` comes from the environment variable"
            f" `{spec.argument}`, which is {state}"
        )

    def _credential(self, spec: plan.Secret) -> str:
        folder = self._environ.get(vault_keys.CREDENTIALS, "")
        if not folder:
            raise SecretUnavailableError(
                f"secret `{spec.name}` comes from the systemd credential `{spec.argument}`, and"
                f" no credentials were given: `${vault_keys.CREDENTIALS}` is not set (write"
                f" `LoadCredential={spec.argument}:PATH` in the unit)"
            )
        where = f"secret `{spec.name}` comes from the systemd credential `{spec.argument}`, which"
        return _text(Path(folder) / spec.argument, where)

    def _vaulted(self, spec: plan.Secret) -> str:
        where = f"secret `{spec.name}` comes from the vault `{spec.argument}`, which"
        data = _data(self._base / spec.argument, where, _LARGEST_VAULT)
        try:
            keys = vault_keys.found(self._environ)
            for key in keys:
                self._learn(vault_keys.shown(key))
            if not keys:
                raise VaultError(f"has no key here: set {vault_keys.PLACES}")
            _, values = unseal(data, keys)
        except VaultError as error:
            raise SecretUnavailableError(f"{where} {error}") from error
        text = values.get(spec.name)
        if text is None:
            raise SecretUnavailableError(
                f"{where} has no value of that name: `gatid secrets set {spec.name}`"
            )
        if not text:
            raise SecretUnavailableError(f"{where} has an empty value of that name")
        return text


def _text(path: Path, where: str) -> str:
    data = _data(path, where, _LARGEST)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise SecretUnavailableError(f"{where} is no UTF-8 text") from None
    # Editors and `echo` end files with a newline that nobody means.
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise SecretUnavailableError(f"{where} is empty")
    return text


def _data(path: Path, where: str, largest: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SecretUnavailableError(f"{where} cannot be read: {reason}") from error
    if len(data) > largest:
        raise SecretUnavailableError(f"{where} is larger than {largest >> 20} MiB")
    return data
