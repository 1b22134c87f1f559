"""Everything else that Python writes about itself, turned into log events.

After `install`, warnings, the `logging` module, uncaught exceptions of the main thread, of
other threads and of finalisers are events of ours. Away from a terminal `print` is too, so
that every line of the process is one JSON object.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from gatid.observe.logs import Log
    from gatid.observe.scrub import Scrubber


def install(log: Log, level: str = "info") -> Callable[[], None]:
    """Routes all of it to `log`, and returns the function that undoes it."""
    root = logging.getLogger()
    before = (
        (root.handlers[:], root.level),
        (sys.stdout, sys.stderr),
        (sys.excepthook, threading.excepthook, sys.unraisablehook),
        warnings.showwarning,
    )
    root.handlers[:] = [_Handler(log)]
    root.setLevel(level.upper())
    warnings.showwarning = _warner(log)
    sys.excepthook = _excepthook(log)
    threading.excepthook = _thread_hook(log)
    sys.unraisablehook = _unraisable_hook(log)
    if not log.output.readable:
        sys.stdout = _Lines(log.bind(stream="stdout"))
        sys.stderr = _Lines(log.bind(stream="stderr"))

    def undo() -> None:
        (root.handlers[:], former), streams, hooks, warnings.showwarning = before
        root.setLevel(former)
        sys.stdout, sys.stderr = streams
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks

    return undo


def scrubbed(stream: TextIO, scrubber: Scrubber) -> TextIO:
    """A stream that writes to another what it is given, without known secrets."""
    return cast("TextIO", _Scrubbed(stream, scrubber))


def trace(error: BaseException) -> str:
    """The traceback of an exception as text, for the field `traceback` of an event."""
    return "".join(traceback.format_exception(error))


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level = (
            "error"
            if record.levelno >= logging.ERROR
            else "warning"
            if record.levelno >= logging.WARNING
            else "info"
            if record.levelno >= logging.INFO
            else "debug"
        )
        fields: dict[str, object] = {"logger": record.name}
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            # The arguments do not fit the format; what was meant is still worth a line.
            message, fields["args"] = str(record.msg), record.args
        if record.exc_info and record.exc_info[1] is not None:
            fields["traceback"] = trace(record.exc_info[1])
        self._log.event(level, message, fields)


class _Lines(io.TextIOBase):
    """A text stream whose lines are events; half lines wait for their end."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._half = ""
        self._lock = threading.Lock()

    def write(self, text: str, /) -> int:
        with self._lock:
            *lines, self._half = (self._half + text).split("\n")
        for line in lines:
            if line.strip():
                self._log.info(line)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._log.output.sink.fd


class _Scrubbed(io.TextIOBase):
    """A text stream that writes whole lines to another, without known secrets."""

    def __init__(self, stream: TextIO, scrubber: Scrubber) -> None:
        self._stream = stream
        self._scrubber = scrubber
        self._half = ""
        self._lock = threading.Lock()

    def write(self, text: str, /) -> int:
        with self._lock:
            whole, newline, self._half = (self._half + text).rpartition("\n")
            self._stream.write(self._scrubber.text(whole) + newline)
        return len(text)

    def flush(self) -> None:
        with self._lock:
            self._stream.write(self._scrubber.text(self._half))
            self._half = ""
        self._stream.flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()


def _warner(log: Log) -> Callable[..., None]:
    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        del file, line
        log.warning(str(message), category=category.__name__, file=filename, line=lineno)

    return showwarning


def _excepthook(
    log: Log,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    def hook(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        del at
        log.error(f"uncaught {kind.__name__}: {error}", traceback=trace(error))

    return hook


def _thread_hook(log: Log) -> Callable[[threading.ExceptHookArgs], None]:
    def hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread else "unknown"
            log.error(
                f"uncaught {type(args.exc_value).__name__} in a thread",
                thread=name,
                traceback=trace(args.exc_value),
            )

    return hook


def _unraisable_hook(log: Log) -> Callable[[sys.UnraisableHookArgs], None]:
    def hook(args: sys.UnraisableHookArgs) -> None:
        text = trace(args.exc_value) if args.exc_value is not None else ""
        log.error(args.err_msg or "exception ignored", object=args.object, traceback=text)

    return hook
