r"""Sets of characters that take tables of Unicode: the engine that runs the patterns is asked.

So `\p{Greek}` and the case of letters are here what they are there, whichever version of
Unicode it has.
"""

from __future__ import annotations

import sys
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

from gatid_compiler.gtypes import charsets

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.gtypes.charsets import Charset

_BLOCK = 0x1000
_UTF_32 = f"utf-32-{sys.byteorder[0]}e"


class NoSetError(Exception):
    """The engine does not take the class."""


@lru_cache(maxsize=256)
def asked(written: str, *, ignore_case: bool = False) -> Charset:
    r"""The characters of a class, written as it stands between brackets: `\p{L}`, `ß-ö`.

    Raises `NoSetError`.
    """
    from pydantic_core import SchemaError

    try:
        inside, outside = (_only(f"[{sign}{written}]", ignore_case) for sign in ("", "^"))
    except SchemaError:
        raise NoSetError(written) from None
    found: list[tuple[int, int]] = []
    waiting = [
        (start, min(start + _BLOCK - 1, high))
        for low, high in reversed(charsets.ALL)
        for start in reversed(range(low, high + 1, _BLOCK))
    ]
    while waiting:
        low, high = waiting.pop()
        text = array("I", range(low, high + 1)).tobytes().decode(_UTF_32)
        if inside(text):
            found.append((low, high))
        elif not outside(text):
            middle = (low + high) // 2
            waiting += [(middle + 1, high), (low, middle)]
    return charsets.union([tuple(found)])


def either_case(s: Charset) -> Charset:
    """The set with the other cases of its letters."""
    ranges = "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in s)
    return asked(ranges, ignore_case=True) if s else s


def _only(written: str, ignore_case: bool) -> Callable[[str], bool]:
    """Whether a string has characters of the class alone."""
    from pydantic_core import SchemaValidator, core_schema

    pattern = rf"\A{'(?i)' if ignore_case else ''}{written}*\z"
    return SchemaValidator(core_schema.str_schema(strict=True, pattern=pattern)).isinstance_python
