from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatid_dsl.diagnostic import Diagnostic
from gatid_dsl.files import read
from gatid_dsl.render import render_text
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_read_as_utf8_with_or_without_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.gati"
    for start in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(start + 'type A = "é"\r\n'.encode())
        source = read(path, "sub/a.gati")
        assert isinstance(source, Source)
        assert (source.path, source.text) == ("sub/a.gati", 'type A = "é"\r\n')


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"type A = int\n# caf\xe9\n",
            "a.gati:2:6: error[not-text]: `a.gati` is not UTF-8 text: byte 0xE9",
        ),
        (b"\xff\xfea\0", "a.gati:1:1: error[not-text]: `a.gati` is not UTF-8 text: byte 0xFF"),
        (b"ab\n\0", "a.gati:2:1: error[not-text]: `a.gati` is not UTF-8 text: a NUL byte"),
    ],
)
def test_a_file_that_is_no_text(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.gati"
    path.write_bytes(data)
    found = read(path, "a.gati")
    assert isinstance(found, Diagnostic)
    assert render_text([found]).startswith(said)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gati", tmp_path):
        found = read(path, "x.gati")
        assert isinstance(found, Diagnostic)
        assert found.code == "unreadable-file"
        assert render_text([found]).startswith(
            "x.gati:1:1: error[unreadable-file]: `x.gati` cannot"
        )
