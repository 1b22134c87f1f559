r"""Patterns as syntax trees: the part of the Rust engine's language that is regular and small.

Read under the rules of `rust`: ASCII classes, the whole string. Verbose and multi-line mode
are not read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from gatid_compiler.gtypes import charsets, unicode_sets
from gatid_compiler.gtypes.charsets import Charset


class NotReadError(Exception):
    """A pattern has something that is not read here; the engine may well run it."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a set."""

    charset: Charset


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other; the empty string for none."""

    items: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of these."""

    items: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """So many times, `most` None without bound."""

    item: Regex
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A place between characters."""

    kind: Literal["start", "end", "boundary", "inside"]


Regex = Char | Sequence | Choice | Repeat | Edge


@dataclass(frozen=True, slots=True)
class _Flags:
    ignore_case: bool = False
    dot_all: bool = False
    multi_line: bool = False


_POSIX: dict[str, Charset] = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ((0, 0x7F),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 0x1F), (0x7F, 0x7F)),
    "digit": charsets.DIGITS,
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": charsets.SPACE,
    "upper": ((0x41, 0x5A),),
    "word": charsets.WORD,
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
_PERL = {"d": charsets.DIGITS, "w": charsets.WORD, "s": charsets.SPACE}
_CONTROL = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11, "a": 7}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_NOT_NEWLINE = charsets.complement(charsets.of("\n"))


@lru_cache(maxsize=1024)
def parse(pattern: str) -> Regex:
    """The pattern's tree. Raises `NotReadError`; what the engine refuses may be read here."""
    parser = _Parser(pattern)
    tree = parser.alternation(_Flags())
    if parser.place != len(pattern):
        raise NotReadError("a closing parenthesis without an opening one")
    return tree


@lru_cache(maxsize=1024)
def span(tree: Regex) -> tuple[int, int | None]:
    """Bounds of how many characters the matches have; the upper one None where there is none."""
    match tree:
        case Char():
            return 1, 1
        case Edge():
            return 0, 0
        case Sequence(items):
            spans = [span(item) for item in items]
            highs = [high for _, high in spans if high is not None]
            most = sum(highs) if len(highs) == len(spans) else None
            return sum(low for low, _ in spans), most
        case Choice(items):
            spans = [span(item) for item in items]
            highs = [high for _, high in spans if high is not None]
            most = max(highs, default=0) if len(highs) == len(spans) else None
            return min((low for low, _ in spans), default=0), most
        case Repeat(item, least, most):
            low, high = span(item)
            many = None if most is None or high is None else high * most
            return low * least, 0 if high == 0 else many


class _Parser:
    """Reads one pattern, by recursive descent."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def alternation(self, flags: _Flags) -> Regex:
        branches: list[Regex] = []
        items: list[Regex] = []
        while (char := self._peek()) not in ("", ")"):
            if char == "|":
                self.place += 1
                branches.append(Sequence(tuple(items)))
                items = []
                continue
            if self._at("(?") and not self._at("(?:", "(?P", "(?<"):
                flags, inner = self._flags(flags)
                if inner is not None:
                    items.append(self._repeated(inner))
                continue
            items.append(self._repeated(self._atom(flags)))
        branches.append(Sequence(tuple(items)))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _flags(self, flags: _Flags) -> tuple[_Flags, Regex | None]:
        """`(?i)`, for the rest of the group, or `(?i:…)`."""
        self.place += 2
        on, within = True, flags
        while (char := self._next()) not in (")", ":"):
            match char:
                case "-":
                    on = False
                case "i":
                    within = replace(within, ignore_case=on)
                case "s":
                    within = replace(within, dot_all=on)
                case "m":
                    within = replace(within, multi_line=on)
                case "U":
                    pass
                case "u" if on:
                    pass
                case _:
                    raise NotReadError(f"the flag {char!r}")
        if char == ")":
            return within, None
        inner = self.alternation(within)
        self._expect(")")
        return flags, inner

    def _repeated(self, item: Regex) -> Regex:
        while True:
            match self._peek():
                case "*":
                    bounds: tuple[int, int | None] = (0, None)
                case "+":
                    bounds = (1, None)
                case "?":
                    bounds = (0, 1)
                case "{":
                    item = Repeat(item, *self._counts())
                    self._lazy()
                    continue
                case _:
                    return item
            self.place += 1
            item = Repeat(item, *bounds)
            self._lazy()

    def _lazy(self) -> None:
        if self._peek() == "?":
            self.place += 1

    def _counts(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.place)
        low, comma, high = self.text[self.place + 1 : end].replace(" ", "").partition(",")
        if end < 0 or not low.isdecimal() or (high and not high.isdecimal()):
            raise NotReadError("a repetition")
        self.place = end + 1
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high else None

    def _atom(self, flags: _Flags) -> Regex:
        char = self._next()
        match char:
            case "(":
                self._group_name()
                inner = self.alternation(flags)
                self._expect(")")
                return inner
            case "[":
                return Char(self._class(flags))
            case ".":
                return Char(charsets.ALL if flags.dot_all else _NOT_NEWLINE)
            case "^" | "$":
                if flags.multi_line:
                    raise NotReadError("multi-line mode")
                return Edge("start" if char == "^" else "end")
            case "\\":
                return self._escape(flags)
            case "*" | "+" | "?":
                raise NotReadError("a repetition of nothing")
            case _:
                return Char(_cased(charsets.of(char), flags))

    def _group_name(self) -> None:
        if self._at("?:"):
            self.place += 2
        elif self._at("?P<", "?<"):
            if self._at("?<=", "?<!"):
                raise NotReadError("look-around")
            self.place = self.text.find(">", self.place) + 1
            if not self.place:
                raise NotReadError("a group's name")
        elif self._at("?"):
            raise NotReadError("look-around")

    def _escape(self, flags: _Flags) -> Regex:
        letter = self._next()
        match letter:
            case "A":
                return Edge("start")
            case "z":
                return Edge("end")
            case "b" | "B":
                if self._peek() == "{":
                    raise NotReadError("a half boundary")
                return Edge("boundary" if letter == "b" else "inside")
            case _:
                return Char(self._escaped_set(letter, flags))

    def _escaped_set(self, letter: str, flags: _Flags) -> Charset:
        if letter.lower() in _PERL:
            found = _cased(_PERL[letter.lower()], flags)
            return charsets.complement(found) if letter.isupper() else found
        if letter in ("p", "P"):
            return self._unicode_set(letter, flags)
        if letter in _CONTROL:
            point = _CONTROL[letter]
            return ((point, point),)
        if letter in _HEX_DIGITS:
            return _cased(self._hexadecimal(_HEX_DIGITS[letter]), flags)
        if letter and not letter.isalnum() and letter.isascii() and letter not in "<>":
            return charsets.of(letter)
        raise NotReadError(f"the escape \\{letter}")

    def _unicode_set(self, letter: str, flags: _Flags) -> Charset:
        start = self.place
        if self._next() == "{":
            end = self.text.find("}", start)
            if end < 0:
                raise NotReadError("a class without an end")
            self.place = end + 1
        name = self.text[start : self.place]
        try:
            return unicode_sets.asked(f"\\{letter}{name}", ignore_case=flags.ignore_case)
        except unicode_sets.NoSetError:
            raise NotReadError(f"the escape \\{letter}{name}") from None

    def _hexadecimal(self, digits: int) -> Charset:
        if self._peek() == "{":
            end = self.text.find("}", self.place)
            text = self.text[self.place + 1 : end]
            self.place = end + 1
        else:
            text = self.text[self.place : self.place + digits]
            self.place += digits
        try:
            point = int(text, 16)
        except ValueError:
            raise NotReadError("a hexadecimal escape") from None
        return ((point, point),)

    def _class(self, flags: _Flags) -> Charset:
        """The set after `[`, up to its `]`: ranges, classes inside, `&&`, `--` and `~~`."""
        negated = self._peek() == "^"
        self.place += negated
        result: Charset | None = None
        operator = ""
        parts: list[Charset] = []
        first = True
        while True:
            if self._peek() == "":
                raise NotReadError("a class without an end")
            if self._peek() == "]" and not first:
                self.place += 1
                break
            if self._at("&&", "--", "~~"):
                result = _combined(result, operator, charsets.union(parts))
                operator, parts = self.text[self.place : self.place + 2], []
                self.place += 2
            else:
                parts.append(self._class_item(flags))
            first = False
        found = _combined(result, operator, charsets.union(parts))
        return charsets.complement(found) if negated else found

    def _class_item(self, flags: _Flags) -> Charset:
        if self._at("[:"):
            end = self.text.find(":]", self.place)
            name = self.text[self.place + 2 : max(end, 0)]
            if name.removeprefix("^") in _POSIX:
                self.place = end + 2
                known = _cased(_POSIX[name.removeprefix("^")], flags)
                return charsets.complement(known) if name.startswith("^") else known
        char = self._next()
        if char == "[":
            return self._class(flags)
        low = self._class_char(char, flags)
        if self._peek() != "-" or self._at("-]", "--") or not _single(low):
            return _cased(low, flags)
        self.place += 1
        high = self._class_char(self._next(), flags)
        if not _single(high) or high[0][0] < low[0][0]:
            raise NotReadError("a range of a class")
        spread = charsets.intersection(((low[0][0], high[0][0]),), charsets.ALL)
        return _cased(spread, flags)

    def _class_char(self, char: str, flags: _Flags) -> Charset:
        if char == "\\":
            letter = self._next()
            # The opposite of a class is taken after its letters have got their other case.
            as_class = letter in "dDwWsSpP"
            return self._escaped_set(
                letter, flags if as_class else replace(flags, ignore_case=False)
            )
        if char == "[":
            raise NotReadError("a range of a class")
        return charsets.of(char)

    def _peek(self) -> str:
        return self.text[self.place : self.place + 1]

    def _at(self, *texts: str) -> bool:
        return self.text.startswith(texts, self.place)

    def _next(self) -> str:
        char = self._peek()
        if not char:
            raise NotReadError("a pattern that stops short")
        self.place += 1
        return char

    def _expect(self, char: str) -> None:
        if self._next() != char:
            raise NotReadError(f"a missing {char!r}")


def _single(s: Charset) -> bool:
    return len(s) == 1 and s[0][0] == s[0][1]


def _combined(left: Charset | None, operator: str, right: Charset) -> Charset:
    if left is None:
        return right
    if operator == "&&":
        return charsets.intersection(left, right)
    if operator == "--":
        return charsets.intersection(left, charsets.complement(right))
    both = charsets.intersection(left, right)
    return charsets.intersection(charsets.union([left, right]), charsets.complement(both))


def _cased(s: Charset, flags: _Flags) -> Charset:
    if not flags.ignore_case:
        return s
    found = charsets.folded(s)
    return unicode_sets.either_case(s) if found is None else found
