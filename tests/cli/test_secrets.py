"""`gatid secrets`: values go in by stdin or an editor, and come out of `get` alone."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gatid.services.secrets import vault_keys
from gatid.services.secrets.vault import seal, unseal
from tests.cli.processes import gatid

PLANTED = "planted-Value/1+2=3"


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    key = vault_keys.new()
    (tmp_path / "key").write_text(vault_keys.line(key))
    (tmp_path / "secrets.vault").write_bytes(seal({"dsn": PLANTED}, key))
    return tmp_path


def run(
    vault: Path, *words: str, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    variables = {"GATID_VAULT_KEY_FILE": str(vault / "key"), **variables}
    return gatid("secrets", *words, stdin=stdin, cwd=vault, **variables)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_value_that_is_set_is_got_and_nothing_else_shows_it(tmp_path: Path) -> None:
    vault = tmp_path
    done = [
        gatid("secrets", "init", "--key-file", "key", cwd=vault),
        run(vault, "set", "dsn", stdin=f"{PLANTED}\n"),
        run(vault, "set", "other", stdin="x\ny\n"),
        run(vault, "list"),
        run(vault, "rotate"),
        run(vault, "get", "missing"),
        run(vault, "get", "dsn"),
    ]
    assert [each.returncode for each in done] == [0, 0, 0, 0, 0, 1, 0]
    assert done[3].stdout == "dsn\nother\n"
    assert done[-1].stdout == f"{PLANTED}\n"
    assert not any(PLANTED in each.stdout + each.stderr for each in done[:-1])
    assert run(vault, "get", "other").stdout == "x\ny\n"
    assert sorted(os.listdir(vault)) == ["key", "secrets.vault"]  # noqa: PTH208
    assert mode(vault / "secrets.vault") == mode(vault / "key") == 0o600
    assert PLANTED not in (vault / "secrets.vault").read_text()


def test_a_key_is_replaced_in_its_file(vault: Path) -> None:
    before = (vault / "key").read_text()
    assert run(vault, "rotate").returncode == 0
    (key,) = vault_keys.of_file(vault / "key")
    assert vault_keys.line(key) != before
    assert unseal((vault / "secrets.vault").read_bytes(), [key])[1] == {"dsn": PLANTED}


def test_a_vault_gets_another_key_file_or_a_passphrase(vault: Path) -> None:
    assert run(vault, "rotate", "--new-key-file", "new").returncode == 0
    refused = run(vault, "get", "dsn")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "was not written with this key" in refused.stderr
    (vault / "words").write_text("correct horse\n")
    done = run(vault, "rotate", "--key-file", "new", "--new-passphrase-file", "words")
    assert done.returncode == 0, done.stderr
    assert run(vault, "get", "dsn", "--passphrase-file", "words").stdout.strip() == PLANTED


def test_what_is_wrong_is_said(vault: Path) -> None:
    said = {
        ("init", "--key-file", "key"): "secrets.vault exists already",
        ("set", "not-a-name"): "`not-a-name` is no name of a secret",
        ("set", "name"): "no value on stdin",
        ("list", "--vault", "nowhere"): "make it with `gatid secrets init`",
        ("list", "--passphrase-file", "key"): "is opened by a key file, not by a passphrase",
        ("list", "--key-file", "nowhere"): "cannot be read",
        ("edit",): "no editor",
    }
    for words, text in said.items():
        done = run(vault, *words, EDITOR="", VISUAL="")
        assert done.returncode, words
        assert text in done.stderr, (words, done.stderr)
    torn = (vault / "secrets.vault").read_bytes()[:-20]
    (vault / "secrets.vault").write_bytes(torn)
    assert "is truncated" in run(vault, "set", "dsn", stdin="x").stderr
    assert (vault / "secrets.vault").read_bytes() == torn


def test_values_that_are_set_at_once_are_all_there(vault: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "gatid.cli", "secrets", "set", f"name_{i}"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=vault,
            env={**os.environ, "GATID_VAULT_KEY_FILE": str(vault / "key")},
        )
        for i in range(4)
    ]
    for each in running:
        each.communicate(b"value")
    assert run(vault, "list").stdout.split() == ["dsn", *(f"name_{i}" for i in range(4))]


EDITOR = """#!{python}
import json, os, pathlib, sys
path = pathlib.Path(sys.argv[1])
assert path.stat().st_mode & 0o777 == 0o600
assert path.parent.stat().st_mode & 0o777 == 0o700
pathlib.Path({told!r}).write_text(str(path))
(path.parent / "backup~").write_text(path.read_text())
values = json.loads(path.read_text())
{body}
"""


def editor(folder: Path, body: str) -> str:
    path = folder / "editor"
    told = str(folder / "told")
    path.write_text(EDITOR.format(python=sys.executable, told=told, body=body))
    path.chmod(0o700)
    return str(path)


WRITE = "path.write_text(json.dumps(values))"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("values['more'] = 'new'; del values['dsn']; " + WRITE, 0, "has 1 values"),
        ("pass", 0, "nothing changed"),
        ("path.write_text('{\"dsn\": \"' + values['dsn'] + '\"')", 1, "line 1 is no JSON"),
        ("values['a b'] = 'x'; " + WRITE, 1, "`a b` is no name"),
        ("values['dsn'] = 5; " + WRITE, 1, "the value of `dsn` is no text"),
        ("sys.exit(3)", 1, "failed; nothing was changed"),
    ],
)
def test_an_editor_sees_the_values_in_memory_only(
    body: str, status: int, said: str, vault: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("editor")
    done = run(vault, "edit", EDITOR=editor(folder, body), VISUAL="", XDG_RUNTIME_DIR="")
    assert (done.returncode, PLANTED in done.stdout + done.stderr) == (status, False)
    assert said in done.stderr
    edited = Path((folder / "told").read_text())
    assert edited.is_relative_to("/dev/shm")
    assert not edited.parent.exists()
    names = "more" if "more" in body else "dsn"
    assert run(vault, "list").stdout.split() == [names]


def test_what_is_edited_is_removed_when_the_command_is_ended(
    vault: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("editor")
    word = editor(folder, "import time; time.sleep(20)")
    running = subprocess.Popen(
        [sys.executable, "-m", "gatid.cli", "secrets", "edit"],
        cwd=vault,
        env={
            **os.environ,
            "GATID_VAULT_KEY_FILE": str(vault / "key"),
            "EDITOR": word,
            "VISUAL": "",
            "XDG_RUNTIME_DIR": "",
        },
        start_new_session=True,
    )
    while not (folder / "told").exists() or not (folder / "told").read_text():
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    assert running.wait() != 0
    assert not Path((folder / "told").read_text()).parent.exists()
