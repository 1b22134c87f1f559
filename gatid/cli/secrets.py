"""`gatid secrets`: the values in an encrypted file. Only `get` shows one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatid.cli.faults import Misused, Refused

if TYPE_CHECKING:
    from gatid.cli.vaults import Opened, Wanted

_VAULT = "secrets.vault"

vault_option = click.option(
    "--vault",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path(_VAULT),
    show_default=True,
    help="The encrypted file.",
)
key_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where its key is. Default: $GATID_VAULT_KEY_FILE.",
)
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where its passphrase is. Default: $GATID_VAULT_PASSPHRASE_FILE, else it is asked for.",
)


def _opened(vault: Path, key_file: Path | None, passphrase_file: Path | None) -> Opened:
    from gatid.cli.vaults import Opened

    return Opened.of(vault, _wanted(key_file, passphrase_file))


def _wanted(key_file: Path | None, passphrase_file: Path | None) -> Wanted:
    from gatid.cli.vaults import Wanted

    if key_file is not None and passphrase_file is not None:
        raise Misused("a vault has a key or a passphrase, not both")
    return Wanted(key_file, passphrase_file)


@click.group()
def secrets() -> None:
    """Keep secrets in an encrypted file, for `secret NAME from vault`.

    The file is encrypted with ChaCha20-Poly1305, by a key file or a passphrase. It may be kept
    beside the configuration; its key may not.
    """


@click.command(
    epilog="""\b
Example:
  gatid secrets init --key-file /etc/gatid/vault.key
"""
)
@vault_option
@key_option
@passphrase_option
def init(vault: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
    """Make an empty vault, and its key where the key file is not there yet.

    Without a key file the vault has a passphrase.
    """
    from gatid.cli import vaults

    wanted = _wanted(key_file, passphrase_file)
    if vault.exists():
        raise Misused(f"{vault} exists already")
    vaults.write(vault, {}, wanted.made())
    click.echo(f"made {vault}", err=True)


@click.command(
    "set",
    epilog="""\b
Example:
  gatid secrets set store_dsn < dsn.txt
""",
)
@click.argument("name")
@vault_option
@key_option
@passphrase_option
def set_(name: str, vault: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
    """Keep a value under NAME. It is read from stdin, or asked for at a terminal.

    One newline at its end is left out. Nothing on the command line is a value: others see it.
    """
    from gatid.services.secrets.vault import NAME

    if not NAME.fullmatch(name):
        raise Misused(f"`{name}` is no name of a secret: letters, digits and `_`, no digit first")
    if sys.stdin.isatty():
        value = click.prompt(name, hide_input=True, confirmation_prompt=True, err=True)
    else:
        value = _stdin()
    if not value:
        raise Misused("no value on stdin")
    with _opened(vault, key_file, passphrase_file) as opened:
        opened.store({**opened.values, name: value})
    click.echo(f"{name} is set in {vault}", err=True)


@click.command(
    epilog="""\b
Example:
  gatid secrets get store_dsn
"""
)
@click.argument("name")
@vault_option
@key_option
@passphrase_option
def get(name: str, vault: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
    """Print the value of NAME on stdout."""
    with _opened(vault, key_file, passphrase_file) as opened:
        if name not in opened.values:
            raise Refused(f"{vault} has no value `{name}`")
        click.echo(opened.values[name])


@click.command(
    "list",
    epilog="""\b
Example:
  gatid secrets list
""",
)
@vault_option
@key_option
@passphrase_option
def list_(vault: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
    """Print the names, one a line, and no value."""
    with _opened(vault, key_file, passphrase_file) as opened:
        for name in sorted(opened.values):
            click.echo(name)


@click.command(
    epilog="""\b
Example:
  gatid secrets rotate --key-file /etc/gatid/vault.key
"""
)
@vault_option
@key_option
@passphrase_option
@click.option(
    "--new-key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the new key is, or is to be made.",
)
@click.option(
    "--new-passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the new passphrase is.",
)
def rotate(
    vault: Path,
    key_file: Path | None,
    passphrase_file: Path | None,
    new_key_file: Path | None,
    new_passphrase_file: Path | None,
) -> None:
    """Encrypt all values anew with another key.

    Without a new key file, the key in the key file is replaced: for a moment the file holds
    both, so that a daemon which reads the vault meanwhile finds the one it needs. Of a vault with
    a passphrase the new one is asked for.
    """
    from gatid.cli import vaults

    new = _wanted(new_key_file, new_passphrase_file)
    with _opened(vault, key_file, passphrase_file) as opened:
        if new_key_file is None and new_passphrase_file is None and opened.key.kind == "file":
            vaults.replace_key(opened)
        else:
            opened.store(opened.values, new.made(new=True))
    click.echo(f"{vault} has a new key", err=True)


@click.command(
    epilog="""\b
Example:
  EDITOR=vi gatid secrets edit
"""
)
@vault_option
@key_option
@passphrase_option
def edit(vault: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
    """Edit all values as JSON with $VISUAL or $EDITOR.

    They are in a file in memory meanwhile, in a folder that only you may enter, which is removed
    with everything in it.
    """
    from gatid.cli.editing import edited

    with _opened(vault, key_file, passphrase_file) as opened:
        values = edited(opened.values)
        if values == opened.values:
            click.echo("nothing changed", err=True)
            return
        opened.store(values)
    click.echo(f"{vault} has {len(values)} values", err=True)


def _stdin() -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise Misused("the value on stdin is no UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


for verb in (init, set_, get, list_, rotate, edit):
    secrets.add_command(verb)
