"""Log events: one JSON object a line, or a readable line on a terminal.

A line holds `time` (RFC 3339, UTC), `level`, `message`, then what the logger was bound to
(`worker`, `request_id`, …) and the event's own fields. Control characters are escaped,
known secrets replaced, and a line never grows beyond what its sink writes at once: the
longest texts are cut in the middle, marked with `…`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import orjson

from gatid.observe.scrub import MASK, Scrubber
from gatid.observe.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "alert": 50}

_RESERVED = frozenset({"time", "level", "message"})
_DEPTH = 8
_SHORT = 64
_ITEMS = 1_000
"""Of a list or a mapping; a line has no room for more."""

_LONG = 10_000
"""Bits of the longest number that is written in decimal."""

_BEYOND = 4
"""Of a text, what is so many times longer than a line is not even looked at."""

# DEL, C1 controls, line separators and direction overrides: a terminal or an editor acts on
# them, and JSON does not ask for them to be escaped.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]


class Output:
    """A sink and how events are written to it; one for the process.

    `plain` rewrites every text before it is written, such as names that only we know.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        readable: bool = False,
        level: str = "info",
        scrubber: Scrubber | None = None,
        plain: Callable[[str], str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.sink = sink
        self.readable = readable
        self.scrubber = Scrubber() if scrubber is None else scrubber
        self._plain_text = plain
        self._least = LEVELS[level]
        self._now = now

    @staticmethod
    def to(fd: int, level: str = "info", plain: Callable[[str], str] | None = None) -> Output:
        """Readable when `fd` is a terminal, JSON otherwise."""
        return Output(Sink(fd), readable=os.isatty(fd), level=level, plain=plain)

    def wants(self, level: str) -> bool:
        """Whether events of this level are written."""
        return LEVELS[level] >= self._least

    def write(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        """Writes one event."""
        dropped = self.sink.take_dropped() if self.sink.dropped else 0
        if dropped:
            told = self._line("warning", "log lines were dropped", {"count": dropped})
            self.sink.write(told, dropped)
        self.sink.write(self._line(level, message, fields))

    def _line(self, level: str, message: str, fields: Mapping[str, object]) -> bytes:
        event: dict[str, Value] = {
            "time": datetime.fromtimestamp(self._now(), UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "message": self._text(_shown(message, str)),
        }
        for name, value in islice(fields.items(), _ITEMS):
            key = self._text(_shown(name, str))
            event[f"{key}_" if key in _RESERVED else key] = self._plain(value, _DEPTH)
        write = _readable if self.readable else _json
        line = write(event)
        while len(line) >= self.sink.limit:
            _shorten(event, len(line) - self.sink.limit + _SHORT)
            line = write(event)
        return line + b"\n"

    def _text(self, text: str) -> str:
        most = self.sink.limit * _BEYOND
        if len(text) > most:
            text = f"{text[: most // 2]}…{text[-most // 2 :]}"
        text = self.scrubber.text(text)
        return text if self._plain_text is None else self._plain_text(text)

    def _plain(self, value: object, depth: int) -> Value:
        """`value` as JSON data without secrets; what JSON does not know, as `repr` shows it."""
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            # Python writes longer ones as hexadecimal alone: decimal digits would take too long.
            shown = str(value) if value.bit_length() <= _LONG else hex(value)
            if self.scrubber.holds(shown):
                return MASK
            return value if -(2**63) <= value < 2**63 else self._text(shown)
        if isinstance(value, str):
            return self._text(value)
        if depth and isinstance(value, Mapping):
            return {
                self._text(_shown(key, str)): self._plain(item, depth - 1)
                for key, item in islice(value.items(), _ITEMS)
            }
        if depth and isinstance(value, list | tuple | set | frozenset):
            return [self._plain(item, depth - 1) for item in islice(value, _ITEMS)]
        return self._text(_shown(value))


class Log:
    """Writes events with the fields it is bound to. `log.info("order made", order=7)`."""

    __slots__ = ("_fields", "_output")

    def __init__(self, output: Output, fields: Mapping[str, object] | None = None) -> None:
        self._output = output
        self._fields = {} if fields is None else fields

    @staticmethod
    def stderr(level: str = "info") -> Log:
        """A log on standard error as it is now."""
        return Log(Output.to(sys.stderr.fileno(), level))

    @property
    def output(self) -> Output:
        """Where the events go."""
        return self._output

    def bind(self, **fields: object) -> Log:
        """The same log with more fields on every event."""
        return Log(self._output, {**self._fields, **fields})

    def event(self, level: str, message: str, fields: Mapping[str, object]) -> None:
        """Writes an event of a level named by a word."""
        if self._output.wants(level):
            self._output.write(level, message, {**self._fields, **fields})

    def debug(self, message: str, /, **fields: object) -> None:
        """For whoever works on the handler."""
        self.event("debug", message, fields)

    def info(self, message: str, /, **fields: object) -> None:
        """Something that happens and is right."""
        self.event("info", message, fields)

    def warning(self, message: str, /, **fields: object) -> None:
        """Something that somebody should look at."""
        self.event("warning", message, fields)

    def error(self, message: str, /, **fields: object) -> None:
        """Something that failed."""
        self.event("error", message, fields)

    def alert(self, message: str, /, **fields: object) -> None:
        """Something that failed and does not mend itself: a person must act."""
        self.event("alert", message, fields)


def _shown(value: object, show: Callable[[object], str] = repr) -> str:
    try:
        return show(value)
    except Exception as error:  # noqa: BLE001  # a log line must survive any `__repr__`
        return f"<{type(value).__name__} whose repr raised {type(error).__name__}>"


def _json(event: Mapping[str, Value]) -> bytes:
    try:
        text = orjson.dumps(event).decode()
    except orjson.JSONEncodeError:
        # A lone surrogate, which UTF-8 cannot carry.
        return json.dumps(event, separators=(",", ":")).encode()
    return (text if text.isascii() and "\x7f" not in text else _escape(text)).encode()


def _readable(event: Mapping[str, Value]) -> bytes:
    fields = dict(event)
    moment, level, message = (str(fields.pop(key)) for key in ("time", "level", "message"))
    trace = fields.pop("traceback", None)
    words = [moment[11:23], f"{level:<7}", _escape(message)]
    for name, value in fields.items():
        text = value if isinstance(value, str) and value else _json_value(value)
        words.append(_escape(f"{name}={text}"))
    lines = [" ".join(words)]
    if isinstance(trace, str):
        lines += [f"    {_escape(line)}" for line in trace.rstrip().split("\n")]
    return "\n".join(lines).encode("utf-8", "backslashreplace")


def _json_value(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _escape(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _shorten(event: dict[str, Value], excess: int) -> None:
    """Takes at least `excess` characters out of the longest value, if it has that many."""
    sizes = {
        name: len(value if isinstance(value, str) else _json_value(value))
        for name, value in event.items()
    }
    longest = max(sizes, key=lambda name: sizes[name])
    if sizes[longest] <= _SHORT:
        # Very many small fields: all but the first go.
        for name in list(event)[3:]:
            del event[name]
        return
    value = event[longest]
    text = value if isinstance(value, str) else _json_value(value)
    # Escaping can make six bytes of a character, so this may take several rounds.
    kept = max(_SHORT // 2, (len(text) - excess) // 2)
    kept = min(kept, len(text) // 2 - 1)
    event[longest] = f"{text[:kept]}…{text[-kept:]}"
