"""`gatid key`: API keys, and the lines that a keys file holds of them."""

from __future__ import annotations

import sys

import click

from gatid.cli.faults import Misused

_BITS = 160
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@click.group()
def key() -> None:
    """Make API keys for `auth key`."""


@click.command(
    epilog="""\b
Example:
  gatid key new alice clerk admin >> keys.txt
"""
)
@click.argument("name")
@click.argument("roles", nargs=-1)
def new(name: str, roles: tuple[str, ...]) -> None:
    """Make a key for NAME with ROLES.

    The key is printed once, on stderr; the line for the keys file, which holds only its hash,
    on stdout.
    """
    import secrets

    from gatid.policies.api_key import BadKeysError, KeyRing

    text = f"{name}-{''.join(secrets.choice(_ALPHABET) for _ in range(_BITS // 5))}"
    line = " ".join((name, _hashed(text), *roles))
    try:
        KeyRing.parse(line)
    except BadKeysError as error:
        raise Misused(f"a keys file could not hold this: {error}") from error
    click.echo(f"the key, shown only now: {text}", err=True)
    click.echo(line)


@click.command(
    "hash",
    epilog="""\b
Example:
  printf %s "$KEY" | gatid key hash
""",
)
def hash_() -> None:
    """Print the hash of the key on stdin, as a keys file holds it."""
    text = sys.stdin.read().strip()
    if not text:
        raise Misused("no key on stdin")
    click.echo(_hashed(text))


def _hashed(text: str) -> str:
    import hashlib

    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


key.add_command(new)
key.add_command(hash_)
