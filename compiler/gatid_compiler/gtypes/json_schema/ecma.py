r"""Patterns of JSON Schema as patterns of types.

JSON Schema's are ECMA-262 and *search*; ours match the whole string. What the two dialects
read differently is written out: `.`, `\s`, classes, `$`. Look-around and back references
have no counterpart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatid_compiler.gtypes import rust
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.patterns import problem

ANYTHING = r"[\s\S]*"

_SPACES = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
    (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
_DIGITS = ((0x30, 0x39),)
_WORDS = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_CONTROL = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D, "0": 0}
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]


class Untranslatable(ValueError):  # noqa: N818 - reads as what it is
    """Why a pattern has no counterpart."""


def whole(pattern: str) -> str | None:
    """The pattern that matches the whole of each string in which `pattern` is found.

    None when every string is one. Raises `Untranslatable`.
    """
    reader = _Reader(pattern)
    branches = reader.branches()
    if reader.place < len(pattern):
        raise Untranslatable("a `)` closes nothing")
    padded: list[str] = []
    for branch in branches:
        if _anywhere(branch):
            return None
        left = "" if branch.starts else ANYTHING
        right = "" if branch.ends else ANYTHING
        padded.append(f"{left}{branch.text}{right}")
    written = _bare(padded[0]) if len(padded) == 1 else "|".join(padded)
    reason = problem(written)
    if reason is not None:
        raise Untranslatable(reason)
    return written


def searched(pattern: str) -> str:
    """An ECMA-262 pattern that is found exactly in the strings that match the whole pattern.

    Raises `Unsupported` for the inline flags and the set operations of our engine.
    """
    out: list[str] = []
    depth = place = 0
    while place < len(pattern):
        char = pattern[place]
        step = pattern[place : place + 2] if char == "\\" else char
        if depth == 0 and pattern.startswith(r"[\s\S]", place):
            step = r"[\s\S]"
            out.append(step)
        elif step in _OURS and not (depth and step == "."):
            out.append(_OURS_IN_CLASS[step] if depth else _OURS[step])
        elif _FOREIGN.match(pattern, place) and (depth or char in "(\\"):
            raise Unsupported("pattern", "", f"ECMA-262 has no counterpart of `{pattern}`")
        else:
            out.append(step)
            depth += {"[": 1, "]": -1}.get(step, 0)
        place += len(step)
    text = "".join(out)
    return f"^(?:{text})$" if "|" in text else f"^{text}$"


_FOREIGN = re.compile(r"\(\?(?!:|<[A-Za-z])|\\[pPaQUEGZ]|\\x\{|\[|&&|--|~~")
_OURS = {
    ".": "[^\\n]",
    r"\s": r"[\t-\r ]",
    r"\S": r"[^\t-\r ]",
    r"\A": "^",
    r"\z": "$",
}
_OURS_IN_CLASS = {
    r"\s": r"\t-\r ",
    r"\S": r"\x00-\x08\x0e-\x1f!-\u{10ffff}",
    r"\A": "A",
    r"\z": "z",
}


def none_of(words: frozenset[str]) -> str:
    """The pattern of every string but these."""
    first = sorted({word[0] for word in words if word})
    after = "".join(_member(ord(c), ord(c)) for c in first)
    branches = [] if "" in words else [""]
    branches.append(f"[^{after}]{ANYTHING}" if first else rf"[\s\S]{ANYTHING}")
    for char in first:
        rest = frozenset(word[1:] for word in words if word.startswith(char))
        branches.append(f"{_char(ord(char))}{none_of(rest)}")
    return f"(?:{'|'.join(branches)})"


@dataclass(frozen=True, slots=True)
class _Branch:
    """One alternative; whether it is held to the string's start and end."""

    text: str
    starts: bool
    ends: bool
    inner: bool


def _bare(text: str) -> str:
    """The pattern without a group around all of it."""
    if not text.startswith("(?:"):
        return text
    reader = _Reader(text)
    try:
        outermost = reader.first_group()
    except Untranslatable:
        return text
    return text[3:-1] if outermost == len(text) else text


def _anywhere(branch: _Branch) -> bool:
    """Found in every string: it matches nothing at a place that every string has."""
    if branch.inner or (branch.starts and branch.ends):
        return False
    return problem(branch.text) is None and rust.matcher(branch.text)("")


class _Reader:
    """Reads ECMA-262 (section 22.2.1, with `u`, and Annex B where it is harmless)."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self._asserts = False

    def first_group(self) -> int:
        """Where the group ends that the pattern begins with."""
        self.place = 1
        self._group()
        return self.place

    def branches(self) -> list[_Branch]:
        found = [self._branch()]
        while self._take("|"):
            found.append(self._branch())
        return found

    def _branch(self) -> _Branch:
        terms: list[str] = []
        starts = ends = False
        outer, self._asserts = self._asserts, False
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            if not terms and not starts and self._take("^"):
                starts = True
            elif self._at_end_anchor():
                self.place += 1
                ends = True
            else:
                terms.append(self._term())
        branch = _Branch("".join(terms), starts, ends, self._asserts)
        self._asserts = outer or self._asserts
        return branch

    def _at_end_anchor(self) -> bool:
        rest = self.pattern[self.place :]
        return rest == "$" or rest.startswith(("$|", "$)"))

    def _take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.place):
            self.place += len(text)
            return True
        return False

    def _term(self) -> str:
        atom = self._atom()
        found = _QUANTIFIER.match(self.pattern, self.place)
        if found is None:
            return atom
        if atom in (r"\A", r"\z", r"\b", r"\B"):
            raise Untranslatable("an assertion is repeated")
        self.place = found.end()
        # Which of several matches is taken plays no part in whether there is one.
        quantifier = found.group()
        return atom + (quantifier[:-1] if len(quantifier) > 1 and quantifier[-1] == "?" else
                       quantifier)  # fmt: skip

    def _atom(self) -> str:
        char = self.pattern[self.place]
        self.place += 1
        match char:
            case "^":
                self._asserts = True
                return r"\A"
            case "$":
                self._asserts = True
                return r"\z"
            case ".":
                return "[^\\n\\r\u2028\u2029]"
            case "(":
                return self._group()
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise Untranslatable(f"`{char}` repeats nothing")
            case "{" if _QUANTIFIER.match(self.pattern, self.place - 1):
                raise Untranslatable("`{` repeats nothing")
            case _:
                return _char(ord(char))

    def _group(self) -> str:
        if self._take("?") and not self._take(":"):
            named = re.compile(r"<[A-Za-z_$][A-Za-z0-9_$]*>").match(self.pattern, self.place)
            if named is None:
                raise Untranslatable("look-around has no counterpart")
            self.place = named.end()
        written: list[str] = []
        for branch in self.branches():
            start, end = r"\A" if branch.starts else "", r"\z" if branch.ends else ""
            self._asserts = self._asserts or branch.starts or branch.ends
            written.append(f"{start}{branch.text}{end}")
        if not self._take(")"):
            raise Untranslatable("a `(` is not closed")
        return f"(?:{'|'.join(written)})"

    def _escape(self) -> str:
        letter = self.pattern[self.place : self.place + 1]
        if letter in ("b", "B"):
            self.place += 1
            self._asserts = True
            return f"\\{letter}"
        if letter in ("d", "w"):
            self.place += 1
            return f"\\{letter}"
        ranges = self._escaped()
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            return _char(ranges[0][0])
        return _written(ranges)

    def _escaped(self) -> Ranges:
        """What stands after a backslash, as characters."""
        letter = self.pattern[self.place : self.place + 1]
        self.place += 1
        if letter.lower() in ("d", "w", "s") and letter:
            found = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}[letter.lower()]
            return _others(found) if letter.isupper() else found
        code = self._code(letter)
        return ((code, code),)

    def _code(self, letter: str) -> int:
        rest = self.pattern[self.place :]
        if letter == "0" and rest[:1].isdecimal():
            raise Untranslatable("octal escapes have no counterpart")
        if letter in _CONTROL:
            return _CONTROL[letter]
        if letter == "c" and re.match("[A-Za-z]", rest):
            self.place += 1
            return ord(rest[0]) % 32
        for opening, form in (
            ("x", r"([0-9A-Fa-f]{2})"),
            ("u", r"[dD]([89abAB][0-9A-Fa-f]{2})\\u[dD]([c-fC-F][0-9A-Fa-f]{2})"),
            ("u", r"([0-9A-Fa-f]{4})"),
            ("u", r"\{([0-9A-Fa-f]{1,6})\}"),
        ):
            found = re.match(form, rest) if letter == opening else None
            if found is None:
                continue
            self.place += found.end()
            if found.lastindex == 2:
                high, low = int("d" + found[1], 16), int("d" + found[2], 16)
                return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
            code = int(found[1], 16)
            if 0xD800 <= code <= 0xDFFF or code > _LAST:
                raise Untranslatable("half of a surrogate pair is no character")
            return code
        if not letter or letter.isalnum():
            what = "back references have" if letter.isdecimal() or letter == "k" else "it has"
            raise Untranslatable(f"`\\{letter}`: {what} no counterpart")
        return ord(letter)

    def _class(self) -> str:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            if self.place >= len(self.pattern):
                raise Untranslatable("a `[` is not closed")
            first = self._class_atom()
            single = len(first) == 1 and first[0][0] == first[0][1]
            after = self.pattern[self.place : self.place + 2]
            if single and len(after) == 2 and after[0] == "-" and after[1] != "]":
                self.place += 1
                last = self._class_atom()
                if len(last) != 1 or last[0][0] != last[0][1]:
                    raise Untranslatable("a range ends in a class")
                if first[0][0] > last[0][1]:
                    raise Untranslatable("a range runs backwards")
                ranges.append((first[0][0], last[0][1]))
            else:
                ranges.extend(first)
        if not ranges:
            return r"[\s\S]" if negated else f"[^{_member(0, _LAST)}]"
        if not _others(tuple(ranges)):
            return f"[^{_member(0, _LAST)}]" if negated else r"[\s\S]"
        return _written(tuple(ranges), negated=negated)

    def _class_atom(self) -> Ranges:
        char = self.pattern[self.place]
        self.place += 1
        if char != "\\":
            return ((ord(char), ord(char)),)
        if self._take("b"):
            return ((8, 8),)
        if self._take("-"):
            return ((0x2D, 0x2D),)
        return self._escaped()


def _others(ranges: Ranges) -> Ranges:
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if start < low:
            found.append((start, low - 1))
        start = max(start, high + 1)
    if start <= _LAST:
        found.append((start, _LAST))
    return tuple(found)


def _written(ranges: Ranges, *, negated: bool = False) -> str:
    members = "".join(_member(low, high) for low, high in ranges)
    return f"[{'^' if negated else ''}{members}]"


def _member(low: int, high: int) -> str:
    """A range inside a class, around the halves of surrogate pairs."""
    if low == high:
        return _in_class(low)
    if low <= 0xD7FF and high >= 0xE000:
        return _member(low, 0xD7FF) + _member(0xE000, high)
    return f"{_in_class(low)}-{_in_class(high)}"


_NAMED = {0x09: r"\t", 0x0A: r"\n", 0x0B: r"\x0b", 0x0C: r"\x0c", 0x0D: r"\r", 0: r"\x00"}


def _in_class(code: int) -> str:
    if chr(code) in r"\[]^-&~|":
        return "\\" + chr(code)
    return _control(code) or chr(code)


def _char(code: int) -> str:
    if chr(code) in r"\^$.|?*+()[]{}":
        return "\\" + chr(code)
    return _control(code) or chr(code)


def _control(code: int) -> str | None:
    return _NAMED.get(code) or (f"\\x{code:02x}" if code < 0x20 or code == 0x7F else None)
