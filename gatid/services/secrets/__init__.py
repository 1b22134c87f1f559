"""Secrets: read from where the plan says, kept for their TTL, never shown."""

from gatid.services.secrets.faults import (
    MissingSecretsError,
    SecretUnavailableError,
    WrongKeyError,
)
from gatid.services.secrets.given import Secrets, needed
from gatid.services.secrets.store import Access, SecretStore
from gatid.services.secrets.value import Secret

__all__ = [
    "Access",
    "MissingSecretsError",
    "Secret",
    "SecretStore",
    "SecretUnavailableError",
    "Secrets",
    "WrongKeyError",
    "needed",
]
