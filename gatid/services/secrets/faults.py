"""What is wrong with a secret; the messages name secrets and places, never values."""

from __future__ import annotations


class SecretUnavailableError(Exception):
    """A secret cannot be read; the message names it and its place, never its value."""


class MissingSecretsError(SecretUnavailableError):
    """One or more secrets that the plan needs are not there; `faults` has a line for each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class VaultError(Exception):
    """A vault or its key cannot be used; the message says why, as what follows its name."""


class WrongKeyError(VaultError):
    """The vault is whole, and was not written with this key or passphrase."""
