"""Sources from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_dsl.codes import NOT_TEXT, UNREADABLE_FILE
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    import pathlib

    from gatid_dsl.diagnostic import Diagnostic


def read(path: pathlib.Path, display: str) -> Source | Diagnostic:
    """The source in a file, called `display` in diagnostics; a diagnostic if it is no text."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return UNREADABLE_FILE.at(
            Span(Source(display, ""), 0, 0),
            f"`{display}` cannot be read: {reason}",
            help="name a file that is there and may be read",
        )
    bom = b"\xef\xbb\xbf"
    data = data.removeprefix(bom)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_text(display, data, error.start, f"byte 0x{data[error.start]:02X}")
    nul = text.find("\0")
    if nul >= 0:
        return _not_text(display, data, data.index(b"\0"), "a NUL byte")
    return Source(display, text)


def _not_text(display: str, data: bytes, start: int, what: str) -> Diagnostic:
    # What stands before the fault is text; it is all that can be shown.
    before = data[:start].decode("utf-8")
    return NOT_TEXT.at(
        Span(Source(display, before), len(before), len(before)),
        f"`{display}` is not UTF-8 text: {what} stands here",
        help="save the file as UTF-8",
    )
