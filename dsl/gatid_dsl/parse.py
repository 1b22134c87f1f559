"""Reads the text of one source into syntax; the only module that knows the parser library.

The grammar is `grammar.lark`. Its table is generated (`python -m gatid_dsl.parse`) and shipped as
`parse_table.json`: nothing is written when a file is read, so read-only installations and any
number of processes at a time are safe, and nothing but data is loaded. A test keeps the table up
to date. Where another release of the library is installed than the one that made the table, the
grammar itself is read, which takes a fifth of a second longer.
"""

from __future__ import annotations

import functools
import hashlib
import json
import pathlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import lark
from lark.lark import PostLex
from lark.lexer import LexerState

from gatid_dsl import declarations, parse_errors, syntax
from gatid_dsl.conflicts import without_conflicts
from gatid_dsl.cst import builder
from gatid_dsl.diagnostic import Diagnostic
from gatid_dsl.docs import doc_comments
from gatid_dsl.parse_errors import Unexpected
from gatid_dsl.reading import Reading
from gatid_dsl.recovery import (
    brace_below,
    left_open,
    line_end,
    resume,
    resumes_before,
    unclosed_text,
    word_at,
)
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid_dsl.cst import Branch

MAX_DEPTH = 64
"""How deep brackets may stand in one another."""

MAX_FAULTS = 100
"""After so many errors the rest of a file is left unread."""

_HERE = pathlib.Path(__file__).parent
_GRAMMAR = _HERE / "grammar.lark"
_TABLE = _HERE / "parse_table.json"

_OPEN = frozenset({"LBRACE", "LPAR", "LSQB", "LESSTHAN", "_PARAM", "_PARAM_MORE"})
_CLOSE = frozenset({"RBRACE", "RPAR", "RSQB", "MORETHAN"})
_SILENT = frozenset({"LPAR", "LSQB"})
_KEYWORDS = frozenset(
    {"STATEMENT", "BODY", "QUERY", "PARAMS", "HEADERS", "COOKIES", "ANSWERS", "RETURNS"}
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of a source, and what was wrong with the rest."""

    file: syntax.File
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """The syntax of a source; items with errors are left out of it and named by diagnostics."""
    source, conflicts = without_conflicts(source)
    run = _Run(source)
    reading = Reading(source, doc_comments(source.text))
    file = declarations.file(reading, run.tree())
    found = sorted((*conflicts, *run.faults, *reading.diagnostics), key=lambda d: d.span.start)
    return Parsed(file, tuple(found))


class _Newlines(PostLex):
    """Newlines and words are read in every state: `_Run` and the keywords rely on it."""

    always_accept = ("_NL", "NAME")

    def process(self, stream: Iterator[lark.Token]) -> Iterator[lark.Token]:
        return stream


class _Lark(lark.Lark):
    """The library's parser, building branches of ours."""

    def _prepare_callbacks(self) -> None:
        self._callbacks = {rule: _builder(rule) for rule in self.rules}


def _builder(rule: lark.grammar.Rule) -> Callable[[list[Any]], Any]:
    empty = rule.options.empty_indices or [False] * len(rule.expansion)
    left_out = [len(run) for run in "".join("x" if e else "." for e in empty).split(".")]
    parts: list[tuple[int, bool, int]] = []
    missing = 0
    for index, symbol in enumerate(rule.expansion):
        missing += left_out[index]
        if not (isinstance(symbol, lark.grammar.Terminal) and symbol.filter_out):
            inlined = not symbol.is_term and symbol.name.startswith("_")
            parts.append((index, inlined, missing))
            missing = 0
    name = str(rule.alias or rule.origin.name)
    single = rule.options.expand1 and not rule.alias
    return builder(name, parts, missing + left_out[-1], single=single)


def table() -> str:
    """The parse table of the grammar, as it is shipped."""
    grammar = _GRAMMAR.read_text("utf-8")
    data, memo = _from_grammar(grammar).memo_serialize([lark.lexer.TerminalDef, lark.grammar.Rule])
    data["options"] = {
        name: option
        for name, option in data["options"].items()
        if name not in lark.lark._LOAD_ALLOWED_OPTIONS
    }
    return json.dumps(
        {"made_by": _made_by(grammar), "data": data, "memo": memo}, separators=(",", ":")
    )


def _made_by(grammar: str) -> str:
    return f"lark {lark.__version__} sha256:{hashlib.sha256(grammar.encode()).hexdigest()}"


def _from_grammar(grammar: str) -> lark.Lark:
    return _Lark(grammar, parser="lalr", lexer="contextual", postlex=_Newlines())


def _with_numbers(read: dict[str, Any]) -> dict[str | int, Any]:
    """JSON has only text for keys; the table's are numbers."""
    return {int(key) if key.isdigit() else key: value for key, value in read.items()}


@functools.cache
def _parser() -> lark.Lark:
    grammar = _GRAMMAR.read_text("utf-8")
    shipped = json.loads(_TABLE.read_bytes(), object_hook=_with_numbers) if _TABLE.exists() else {}
    if shipped.get("made_by") != _made_by(grammar):
        return _from_grammar(grammar)
    loaded: lark.Lark = _Lark._load_from_dict(  # type: ignore[no-untyped-call]
        shipped["data"], shipped["memo"], postlex=_Newlines()
    )
    return loaded


@functools.cache
def _spelled() -> dict[str, str]:
    """The terminals that are one word or mark, with their text."""
    return {t.name: t.pattern.value for t in _parser().terminals if t.pattern.type == "str"}


class _TooDeepError(Exception):
    def __init__(self, offset: int) -> None:
        self.offset = offset


class _Run:
    """One reading of one source: feeds the parser, and sets it on its feet after errors.

    Recovery is that of yacc: what is unfinished is dropped down to the innermost block, `_ERROR`
    is put in its place, and reading goes on where the item is over.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Diagnostic] = []
        self._interactive = _parser().parse_interactive(source.text)
        self._state = self._interactive.parser_state
        self._lexer = self._interactive.lexer_thread
        self._text = cast(LexerState, self._lexer.state)
        self._brackets: list[lark.Token] = []
        self._after_comma = False

    def tree(self) -> Branch:
        """The parser's tree of everything that could be read."""
        while True:
            try:
                self._feed_all()
                end = lark.Token("$END", "", start_pos=len(self.source.text))
                tree: Branch = self._state.feed_token(end, True)
                return tree
            except lark.UnexpectedToken as error:
                self._recover(error.token.start_pos or 0)
            except lark.UnexpectedCharacters as error:
                self._recover(error.pos_in_stream or 0)
            except _TooDeepError as error:
                self._recount()
                place = Span(self.source, error.offset, error.offset + 1)
                self.faults.append(parse_errors.too_deep(place, MAX_DEPTH))
                self._skip(self._unexpected(error.offset))

    def _feed_all(self) -> None:
        feed = self._state.feed_token
        for token in self._lexer.lex(self._state):  # type: ignore[no-untyped-call]
            kind = token.type
            if kind == "_NL":
                if self._after_comma or (self._brackets and self._is_silent()):
                    continue
            elif kind in _OPEN:
                if len(self._brackets) == MAX_DEPTH:
                    raise _TooDeepError(token.start_pos)
                self._brackets.append(token)
            elif kind in _CLOSE and self._brackets:
                self._brackets.pop()
            feed(token)
            self._after_comma = kind == "COMMA"

    def _is_silent(self) -> bool:
        """Whether newlines say nothing here: inside of ( and [, also around type arguments."""
        kinds = (token.type for token in reversed(self._brackets))
        return next((kind for kind in kinds if kind != "LESSTHAN"), "") in _SILENT

    def _recover(self, offset: int) -> None:
        self._recount()
        self._after_comma = False
        if len(self.faults) >= MAX_FAULTS:
            self._go_to(len(self.source.text))
            self._close(0)
            self._put("_ERROR", len(self.source.text))
            return
        fault = self._unexpected(offset)
        if (
            self._mend_string(fault)
            or self._mend_path(fault)
            or self._mend_block(fault)
            or self._mend_word(fault)
            or self._mend_mark(fault)
        ):
            return
        self.faults.append(parse_errors.describe(fault))
        self._skip(fault)

    def _unexpected(self, offset: int) -> Unexpected:
        return Unexpected(
            self.source,
            offset,
            self._accepts(),
            _spelled(),
            tuple(self._place(token) for token in self._brackets),
        )

    def _accepts(self) -> frozenset[str]:
        return frozenset(self._interactive.accepts())  # type: ignore[no-untyped-call]

    def _place(self, token: lark.Token) -> Span:
        # The brace of a path's parameter stands behind its slash.
        return Span(self.source, (token.end_pos or 1) - 1, token.end_pos or 1)

    def _mend_string(self, fault: Unexpected) -> bool:
        """A string without an end is taken to go to the end of its line."""
        text, offset = self.source.text, fault.offset
        inner = unclosed_text(text, offset, in_brackets=bool(self._brackets) and self._is_silent())
        if inner is None:
            return False
        self.faults.append(parse_errors.unclosed_string(self.source, offset))
        kind = next((k for k in ("RAW", "STRING") if k in fault.expected), None)
        if kind is None:
            self._skip(fault)
            return True
        end = offset + 1 + len(inner)
        self._put(kind, offset, f"'{inner}'" if kind == "RAW" else '""', end)
        self._go_to(end)
        return True

    def _mend_path(self, fault: Unexpected) -> bool:
        """A parameter without its brace ends where its segment does."""
        text, offset = self.source.text, fault.offset
        in_param = bool(self._brackets) and self._brackets[-1].type.startswith("_PARAM")
        if not in_param or "RBRACE" not in fault.expected or text[offset : offset + 1] not in "/{":
            return False
        found = f"`{text[offset]}`" if offset < len(text) else "the end of the file"
        self.faults.append(parse_errors.unclosed(self.source, offset, fault.opened[-1:], found))
        self._put("RBRACE", offset)
        self._recount()
        self._go_to(offset)
        return True

    def _mend_block(self, fault: Unexpected) -> bool:
        """Where a file ends, or a declaration begins, inside of a block: the block is closed."""
        text = self.source.text
        places = [self._place(token) for token in self._brackets]
        if fault.offset >= len(text):
            if not places:
                return False
            at = len(text.rstrip())
            self.faults.append(
                parse_errors.unclosed(self.source, at, places, "the end of the file")
            )
            self._close(0)
            return True
        start = self._item_start(fault.offset)
        keep = left_open(text, start, [p.start for p in places if p.start < start])
        if keep is None:
            return False
        closed = [place for place in places[keep:] if place.start < start]
        found = f"`{word_at(text, start)}`"
        self.faults.append(parse_errors.unclosed(self.source, start, closed, found))
        self._close(keep)
        self._put("_NL", start)
        self._go_to(start)
        return True

    def _mend_word(self, fault: Unexpected) -> bool:
        """A misspelt keyword is read as the one that was meant."""
        word = word_at(self.source.text, fault.offset)
        if not word or "NAME" in fault.expected:
            return False
        meant = parse_errors.meant_word(fault, word)
        if meant is None:
            return False
        self.faults.append(parse_errors.unknown_word(fault, word, meant))
        kind = next((n for n in fault.expected if _spelled().get(n) == meant), "METHOD")
        end = fault.offset + len(word)
        self._put(kind, fault.offset, meant, end)
        self._go_to(end)
        return True

    def _mend_mark(self, fault: Unexpected) -> bool:
        """Marks that other languages have are passed over."""
        text, offset = self.source.text, fault.offset
        stack = self._state.value_stack
        before = stack[-1] if stack else None
        after_keyword = isinstance(before, lark.Token) and before.type in _KEYWORDS
        if after_keyword and text.startswith((":", "="), offset):
            rest = text[offset + 1 : line_end(text, offset)].strip() or "…"
            help = f"statements have no `{text[offset]}`: write `{before} {rest}`"
            self.faults.append(parse_errors.stray(fault, help, ""))
            self._go_to(offset + 1)
        elif text.startswith(";", offset):
            self.faults.append(parse_errors.stray(fault, "a line's end is enough", ""))
            if "_NL" in fault.expected:
                self._put("_NL", offset)
                self._after_comma = True
            self._go_to(offset + 1)
        elif text.startswith("//", offset) and not _in_path(fault):
            self.faults.append(parse_errors.stray(fault, "comments begin with `#`", "#"))
            self._go_to(line_end(text, offset))
        elif text.startswith("=>", offset) and "ARROW" in fault.expected:
            self.faults.append(parse_errors.stray(fault, "write `->`", "->"))
            self._put("ARROW", offset, "->", offset + 2)
            self._go_to(offset + 2)
        elif "LBRACE" in fault.expected and (brace := brace_below(text, offset)) is not None:
            self.faults.append(parse_errors.brace_below(self.source, brace))
            self._go_to(brace)
        else:
            return False
        return True

    def _skip(self, fault: Unexpected) -> None:
        """Puts an error in the place of the item that went wrong, and goes behind it."""
        if "_NL" in fault.expected:
            # What came before is complete and is kept.
            self._put("_NL", fault.offset)
        opened = self._drop()
        self._put("_ERROR", fault.offset)
        text = self.source.text
        if resumes_before(text, fault.offset, opened):
            end = text.rfind("\n", 0, fault.offset)
        else:
            end = resume(
                text,
                fault.offset,
                opened,
                in_block=bool(self._brackets),
                at_comma="COMMA" in self._actions(-1),
            )
        self._go_to(end)

    def _item_start(self, offset: int) -> int:
        """Where the unfinished item begins."""
        for value in self._state.value_stack[self._innermost(len(self._state.state_stack) - 1) :]:
            start: int | None = value.start_pos
            if start is not None:
                return start
        return offset

    def _actions(self, index: int) -> dict[str, Any]:
        actions: dict[str, Any] = self._state.parse_conf.states[self._state.state_stack[index]]
        return actions

    def _innermost(self, index: int) -> int:
        """The innermost state, from one on, that an error can stand in."""
        while "_ERROR" not in self._actions(index):
            index -= 1
        return index

    def _drop(self, below: int | None = None) -> str:
        """Drops what is unfinished; the brackets that are open in it."""
        state = self._state
        index = self._innermost(len(state.state_stack) - 1 if below is None else below)
        dropped = _open_brackets(state.value_stack[index:])
        del state.state_stack[index + 1 :]
        del state.value_stack[index:]
        self._recount()
        return "".join(token[-1] for token in dropped if token.type != "LESSTHAN")

    def _close(self, keep: int) -> None:
        """Closes blocks until only `keep` brackets are open; drops what cannot be closed."""
        self._drop()
        while len(self._brackets) > keep:
            innermost = self._brackets[-1]
            if innermost.type == "LBRACE" and "RBRACE" in self._accepts():
                self._put("RBRACE", innermost.end_pos or 0)
                self._recount()
            else:
                stack = self._state.value_stack
                self._drop(next(i for i, value in enumerate(stack) if value is innermost))

    def _recount(self) -> None:
        self._brackets = _open_brackets(self._state.value_stack)

    def _put(self, kind: str, start: int, text: str = "", end: int | None = None) -> None:
        end = start if end is None else end
        self._state.feed_token(lark.Token(kind, text, start_pos=start, end_pos=end))

    def _go_to(self, offset: int) -> None:
        self._text.line_ctr.char_pos = offset


def _in_path(fault: Unexpected) -> bool:
    """Whether a path is written at a place, and no comment can be meant."""
    goes_on = fault.source.text[fault.offset - 1 : fault.offset].strip() != ""
    return goes_on or ("PATH_TEXT" in fault.expected and "WORD" not in fault.expected)


def _open_brackets(values: list[Any]) -> list[lark.Token]:
    """The brackets among values of the parser's stack that have no partner there."""
    opened: list[lark.Token] = []
    for value in values:
        if isinstance(value, lark.Token):
            if value.type in _OPEN:
                opened.append(value)
            elif value.type in _CLOSE and opened:
                opened.pop()
    return opened


if __name__ == "__main__":
    _TABLE.write_text(table(), "utf-8")
