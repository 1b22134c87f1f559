"""What the parser did not expect, said in the words of who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatid_dsl.codes import (
    MISPLACED_DECLARATION,
    SYNTAX_ERROR,
    TOO_DEEP,
    UNCLOSED_BLOCK,
    UNCLOSED_STRING,
    UNKNOWN_KEYWORD,
)
from gatid_dsl.diagnostic import Diagnostic, Label
from gatid_dsl.recovery import DECLARATIONS, line_end, word_at
from gatid_dsl.source import Source, Span
from gatid_dsl.suggest import nearest

_FOUND = re.compile(
    r"[A-Za-z_][A-Za-z0-9_]*|-?[0-9][A-Za-z0-9_]*|->|<-|=>|\.\.\.?|==|//"
    r'|"(?:\\.|[^"\\\r\n])*"|\'[^\'\r\n]*\'|.',
    re.DOTALL,
)

_LITERAL = frozenset({"STRING", "RAW", "INT", "FLOAT", "TRUE", "FALSE", "NULL"})
_TYPE = _LITERAL | {"NAME", "LBRACE", "LSQB", "LPAR"}
_ARGUMENT = frozenset(
    {
        *("STRING", "RAW", "INT", "FLOAT", "DATE", "QUANTITY", "RATE", "PYREF", "WORD"),
        *("LSQB", "PATH_TEXT", "_PARAM", "PATH_MORE", "_PARAM_MORE"),
    }
)
_GROUPS: tuple[tuple[frozenset[str], frozenset[str], str], ...] = (
    # what must be expected, what is then said by it, how it is said
    (frozenset({"INCLUDE", "TYPE"}), frozenset({"NAME"}), "a declaration"),
    (frozenset({"RENAME", "STATEMENT"}), frozenset({"NAME"}), "an operation or a statement"),
    (frozenset({"RENAME"}), frozenset({"NAME"}), "an operation"),
    (frozenset({"STATEMENT", "BODY"}), frozenset({"NAME"}), "a statement"),
    (frozenset({"STATEMENT"}), frozenset({"NAME"}), "a setting"),
    (frozenset({"LOSSLESS"}), frozenset(), "`type`, `route` or `lossless`"),
    (frozenset({"NULL", "LPAR", "NAME", "PLUS"}), _TYPE, "an operator"),
    (frozenset({"NULL", "LPAR", "NAME"}), _TYPE, "a type"),
    (frozenset({"WORD", "QUANTITY"}), _ARGUMENT, "an argument"),
    (frozenset({"NULL", "STRING"}), _LITERAL | {"LBRACE", "LSQB"}, "a value"),
    (frozenset({"INT", "FLOAT"}), frozenset({"INT", "FLOAT"}), "a number"),
    (frozenset({"STRING", "RAW", "NAME"}), frozenset({"STRING", "RAW", "NAME"}), "a name"),
    (frozenset({"STRING", "NAME"}), frozenset({"STRING", "NAME"}), "a field"),
    (frozenset({"STRING"}), frozenset({"STRING", "RAW"}), "a string"),
    (frozenset({"PATH_TEXT"}), frozenset({"PATH_TEXT", "_PARAM"}), "a path such as `/orders`"),
)
_NAMED = {
    "NAME": "a name",
    "DOTTED": "a name",
    "WORD": "a name",
    "TAG": "a tag such as `v2`",
    "PYREF": "a Python reference such as `shop.orders:create`",
    "DATE": "a date such as `2026-03-01`",
    "STATUS": "a status such as `200`",
    "METHOD": "a method such as `GET`",
    "STRING": "a string",
    "_NL": "the end of the line",
    "$END": "the end of the file",
}
_GOES_ON = frozenset(
    {
        *("VBAR", "AMPERSAND", "LSQB", "LPAR", "LESSTHAN", "DOT", "PATH_MORE", "_PARAM_MORE"),
        *("PLUS", "MINUS", "TIMES", "OVER", "IF", "OPTIONAL", "OPEN_END"),
    }
)
_BRACE_HELP = "a block opens on the line of what it belongs to: write `{` at that line's end"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Unexpected:
    """What the parser could not take, and where it stood.

    `expected` are names of terminals, `spelled` the texts of those that are one word or mark;
    `opened` the open brackets, outermost first.
    """

    source: Source
    offset: int
    expected: frozenset[str]
    spelled: Mapping[str, str]
    opened: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """What was found: a word, a number, a string or a mark; empty at the end of a line."""
        text = self.source.text
        found = _FOUND.match(text, self.offset)
        if found is None or found.group() in "\r\n":
            return Span(self.source, self.offset, self.offset)
        return Span(self.source, found.start(), found.end())

    def keywords(self) -> tuple[str, ...]:
        """The words that could stand here."""
        words = [w for n, w in self.spelled.items() if n in self.expected and w[0].isalpha()]
        return (*words, *(METHODS if "METHOD" in self.expected else ()))


def describe(fault: Unexpected) -> Diagnostic:
    """The diagnostic of what was not expected."""
    span = fault.span
    word = word_at(fault.source.text, fault.offset)
    if word in DECLARATIONS and "STATEMENT" in fault.expected | _in_block(fault):
        return _misplaced(fault, word)
    keywords = fault.keywords()
    if word and "NAME" not in fault.expected and keywords:
        if "INCLUDE" in fault.expected:
            return _unknown_declaration(fault, word, keywords)
        meant = meant_word(fault, word)
        if meant is not None or fault.expected & {"RENAME", "METHOD"}:
            return unknown_word(fault, word, meant)
    if span.text == "}" and not fault.opened:
        return SYNTAX_ERROR.at(span, "`}` closes nothing", help="remove it", fix="")
    expected = phrases(fault)
    message = (
        f"expected {_either(expected)}, found {_found(fault)}"
        if expected
        else (f"{_found(fault)} cannot stand here")
    )
    return SYNTAX_ERROR.at(
        span, message, help=_help(fault, span.text), labels=_bracket_label(fault)
    )


def _in_block(fault: Unexpected) -> frozenset[str]:
    """A declaration's word inside braces is out of place whatever else could stand there."""
    marks = {span.text for span in fault.opened}
    in_block = marks == {"{"} and "RBRACE" in fault.expected
    return frozenset({"STATEMENT"}) if in_block else frozenset()


def _misplaced(fault: Unexpected, word: str) -> Diagnostic:
    inside = fault.opened[-1] if fault.opened else None
    where = f"inside `{header(inside)}`" if inside else "here"
    return MISPLACED_DECLARATION.at(
        fault.span,
        f"`{word}` cannot stand {where}",
        help="routes and groups stand in a `group` or by themselves"
        if word in ("route", "group")
        else f"write the `{word}` declaration outside of every block",
        labels=(Label(inside, "this block is open here"),) if inside else (),
    )


def _unknown_declaration(fault: Unexpected, word: str, keywords: Iterable[str]) -> Diagnostic:
    meant = nearest(word, keywords)
    if meant is None and word in STATEMENTS:
        return MISPLACED_DECLARATION.at(
            fault.span,
            f"`{word}` stands outside of every block",
            help="statements stand inside an `app`, a `policy`, a `group` or a `route`",
        )
    return unknown_word(fault, word, meant)


def meant_word(fault: Unexpected, word: str) -> str | None:
    """The keyword that may have been meant by a word; methods in either case."""
    keywords = fault.keywords()
    written = word.upper() if "METHOD" in fault.expected else word
    return written if written in keywords else nearest(written, keywords)


def unknown_word(fault: Unexpected, word: str, meant: str | None) -> Diagnostic:
    """A word where only keywords can stand, and the keyword it may have been."""
    kind = "word"
    if "INCLUDE" in fault.expected:
        kind = "declaration"
    elif "RENAME" in fault.expected:
        kind = "operation"
    elif "METHOD" in fault.expected:
        kind = "method"
    if meant is None:
        return UNKNOWN_KEYWORD.at(
            fault.span,
            f"unknown {kind} `{word}`",
            help=f"what can stand here: {', '.join(f'`{k}`' for k in sorted(fault.keywords()))}",
        )
    return UNKNOWN_KEYWORD.at(
        fault.span, f"unknown {kind} `{word}`", help=f"did you mean `{meant}`?", fix=meant
    )


def stray(fault: Unexpected, help: str, fix: str) -> Diagnostic:
    """A mark that other languages have here and this one does not."""
    span = fault.span
    return SYNTAX_ERROR.at(span, f"`{span.text}` cannot stand here", help=help, fix=fix)


def unclosed(source: Source, offset: int, opened: Sequence[Span], found: str) -> Diagnostic:
    """Blocks or brackets, outermost first, that were still open where something else begins."""
    partner = {"{": "}", "(": ")", "[": "]", "<": ">"}[opened[-1].text]
    length = len(word_at(source.text, offset)) or (1 if found.startswith("`") else 0)
    return UNCLOSED_BLOCK.at(
        Span(source, offset, offset + length),
        f"expected `{partner}`, found {found}",
        help=f"close {_block(opened[-1])} with `{partner}`",
        labels=tuple(Label(span, f"{_block(span)} opens here") for span in reversed(opened)),
    )


def _block(opened: Span) -> str:
    is_param = opened.source.text[opened.start - 1 : opened.start] == "/"
    name = "" if is_param else header(opened)
    return f"the block of `{name}`" if opened.text == "{" and name else f"`{opened.text}`"


def unclosed_string(source: Source, offset: int) -> Diagnostic:
    """A string whose line ends before it does."""
    quote = source.text[offset]
    end = line_end(source.text, offset)
    return UNCLOSED_STRING.at(
        Span(source, offset, end),
        "a string is never closed",
        help=f"close it with `{quote}` on the same line",
        labels=(Label(Span(source, offset, offset + 1), "the string opens here"),),
    )


def brace_below(source: Source, offset: int) -> Diagnostic:
    """A block whose brace stands on a line of its own."""
    return SYNTAX_ERROR.at(Span(source, offset, offset + 1), "`{` begins a line", help=_BRACE_HELP)


def too_deep(span: Span, limit: int) -> Diagnostic:
    """Brackets in brackets beyond the limit."""
    return TOO_DEEP.at(
        span,
        f"blocks and brackets stand in one another more than {limit} deep",
        help="give an inner part a name of its own and use the name",
    )


def header(opened: Span) -> str:
    """What a block belongs to: the text before its brace, `route get_order GET /`."""
    text = opened.source.text
    start = text.rfind("\n", 0, opened.start) + 1
    before = text[start : opened.start].strip()
    before = before[before.rfind("{") + 1 :].strip() if "}" not in before else before
    return before if len(before) <= 48 else f"{before[:45]}…"


def phrases(fault: Unexpected) -> list[str]:
    """What could stand here, most telling first, at most five."""
    left = set(fault.expected)
    said: list[str] = []
    for needed, covered, phrase in _GROUPS:
        if needed <= left:
            said.append(phrase)
            left -= needed | covered
            if phrase.startswith(("a declaration", "an operation", "a statement")):
                left = {n for n in left if not fault.spelled.get(n, "-")[0].isalpha()}
                left -= {"_NL", "$END"}
    ends = left & {"_NL", "COMMA", "RPAR", "RSQB", "EQUAL", "COLON", "ARROW", "$END"}
    if ends or said:
        left -= _GOES_ON
    if "_NL" in left:
        left -= {"RBRACE", "$END"}
    if "COMMA" in left and len(left) > 1 and "_NL" in left:
        left -= {"COMMA"} if said else set()
    marks = sorted((n for n in left), key=lambda n: (n == "_NL", n))
    for name in marks:
        phrase = f"`{fault.spelled[name]}`" if name in fault.spelled else _NAMED.get(name, "")
        if phrase and phrase not in said:
            said.append(phrase)
    return said if len(said) <= 5 else said[:5]


def _either(options: list[str]) -> str:
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} or {options[-1]}"


def _found(fault: Unexpected) -> str:
    text = fault.source.text
    if fault.offset >= len(text):
        return "the end of the file"
    found = fault.span.text
    if not found:
        return "the end of the line"
    if not found.isprintable():
        return f"an invisible character (U+{ord(found[0]):04X})"
    return f"`{found}`" if len(found) <= 40 else f"`{found[:37]}…`"


def _help(fault: Unexpected, found: str) -> str | None:
    if found in ("\u201c", "\u201d", "\u2018", "\u2019"):
        return 'strings stand in straight quotes: `"…"`'
    if found.isalpha() and not found.isascii():
        return "names are made of the letters `a` to `z` and `A` to `Z`, digits and `_`"
    if (
        found in ("{", "[")
        and fault.expected >= {"NULL", "STRING"}
        and "NAME" not in fault.expected
    ):
        return "a value is a string, a number, `true`, `false` or `null`"
    if found == "{":
        return _BRACE_HELP
    if found == "=" and "COLON" in fault.expected:
        return "a type follows a colon: `name: Type`"
    if found in ("=>", "=", "→") and "ARROW" in fault.expected:
        return "write `->`"
    operation = _operation(fault)
    is_field = {"COLON", "OPTIONAL"} <= fault.expected
    dashed = _dashed(fault) if operation is not None or is_field else None
    if dashed is not None:
        return f"a name with `-` in it stands in quotes: `{dashed}`"
    if operation is not None:
        return f"an operation is written {OPERATIONS[operation]}"
    if is_field:
        return "a field is written `name: Type`, an optional one `name?: Type`"
    if found == ":" and {"EQUAL", "LBRACE"} <= fault.expected:
        return "a type is declared as `type NAME = …` or `type NAME { … }`"
    if found in STATEMENTS and "_NL" in fault.expected:
        return f"begin a new line before `{found}`"
    if "PYREF" in fault.expected and "WORD" not in fault.expected:
        return "a reference names a module and something in it: `package.module:name`"
    return None


_DASHED = re.compile(r'((?:(?:\w+|"[^"]*")\.)*)(\w+(?:-\w+)+)')


def _dashed(fault: Unexpected) -> str | None:
    """The path of a field whose name has a dash where something else is found, with quotes."""
    text = fault.source.text
    start = text.rfind("\n", 0, fault.offset) + 1
    for found in _DASHED.finditer(text, start, line_end(text, fault.offset)):
        if found.start(2) < fault.offset < found.end() and text[fault.offset] == "-":
            return f'{found[1]}"{found[2]}"'
    return None


_BEGUN = re.compile(r"(?:^|[{;])[ \t]*([a-z]+)(?:[ \t]+[\w.\"?][^{};:]*)?[ \t]*(?::[^{};]*)?\Z")


def _operation(fault: Unexpected) -> str | None:
    """The operation that is begun where something else is found; nothing inside of a type."""
    if any(span.text != "{" for span in fault.opened) or len(fault.opened) < 2:
        return None
    text = fault.source.text
    begun = _BEGUN.search(text[text.rfind("\n", 0, fault.offset) + 1 : fault.offset])
    if begun is None or begun[1] not in OPERATIONS or not _in_change(fault):
        return None
    return begun[1]


def _in_change(fault: Unexpected) -> bool:
    return header(fault.opened[0]).startswith("change ")


OPERATIONS = {
    "rename": "`rename a -> b`",
    "move": "`move a.b -> c.d`",
    "add": "`add b: T = VALUE`, or `add b?: T` where it may be absent",
    "drop": "`drop a: T = VALUE`, or `drop a?: T` where it could be absent",
    "require": "`require a = VALUE`, with what it is where it was absent",
    "relax": "`relax a = VALUE`, with what older clients get where it is absent",
    "map": '`map a { "old" -> "new" }`',
    "split": '`split a: T by " " -> b, c`',
    "join": '`join b, c by " " -> a`',
    "convert": "`convert a: T -> U by text`",
    "wrap": "`wrap a`",
    "unwrap": "`unwrap a`",
    "nest": "`nest a, b -> o`",
    "hoist": "`hoist o -> a, b`",
    "each": "`each a { … }`",
    "in": "`in a { … }`",
    "when": '`when a = "x" { … }`',
    "status": "`status 200 -> 201`",
    "compute": "`compute b: T = a + 1`",
}


def _bracket_label(fault: Unexpected) -> tuple[Label, ...]:
    if not fault.opened or fault.opened[-1].text == "{":
        return ()
    opened = fault.opened[-1]
    return (Label(opened, f"`{opened.text}` opens here"),)


STATEMENTS = frozenset(
    {
        *("listen", "admin", "workers", "timeout", "limits", "versions", "config", "use", "auth"),
        *("roles", "rate", "cors", "concurrency", "before", "after", "catch", "cache", "max_body"),
        *("priority", "warm", "body", "query", "params", "headers", "cookies", "returns"),
        *("answers",),
        *("handler", "emits", "allow", "retries", "isolate", "default", "tls"),
    }
)
"""Words that begin statements, known here only to say that one stands outside of a block."""
