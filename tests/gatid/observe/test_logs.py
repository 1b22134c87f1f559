"""Logs: one JSON object a line, whatever is in it, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatid.observe.capture import install
from gatid.observe.logs import Log, Output
from gatid.observe.scrub import Scrubber
from gatid.observe.sink import Sink
from tests.gatid.forks import fork, wait

if TYPE_CHECKING:
    from collections.abc import Iterator


class Written:
    """A log into a file, and what has been written to it."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self.output = Output(Sink(self.fd), now=lambda: 1_700_000_000.25, **options)
        self.log = Log(self.output)

    def text(self) -> str:
        return self.path.read_bytes().decode()

    def events(self) -> list[dict[str, Any]]:
        lines = self.path.read_bytes().split(b"\n")
        assert lines.pop() == b""
        return [json.loads(line) for line in lines]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    made = Written(tmp_path / "log")
    yield made
    os.close(made.fd)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=8,
)


@given(st.text(), st.dictionaries(st.text(max_size=8), anything, max_size=4))
def test_a_line_is_an_object_whatever_is_logged(
    tmp_path_factory: pytest.TempPathFactory, message: str, fields: dict[str, Any]
) -> None:
    made = Written(tmp_path_factory.mktemp("logs") / "log")
    made.log.event("warning", message, fields)
    os.close(made.fd)
    (event,) = made.events()
    assert list(event)[:3] == ["time", "level", "message"]
    assert event["time"] == "2023-11-14T22:13:20.250+00:00"
    assert event["level"] == "warning"
    assert event["message"] == message
    for name in fields:
        assert f"{name}_" in event or name in event
    unsafe = set(map(chr, [*range(10), *range(11, 32), *range(0x7F, 0xA0), 0x2028, 0x202E]))
    assert not unsafe & set(made.text())


def test_what_json_does_not_know_is_shown(written: Written) -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError

    deep: list[Any] = []
    deep.append(deep)
    written.log.bind(worker=1).info("x", rude=Rude(), deep=deep, big=2**70, path=Path("p"))
    (event,) = written.events()
    assert event["worker"] == 1
    assert event["rude"] == "<Rude whose repr raised RuntimeError>"
    assert event["big"] == str(2**70)
    assert "PosixPath" in event["path"]


def test_events_below_the_level_are_not_written(tmp_path: Path) -> None:
    made = Written(tmp_path / "log", level="warning")
    made.log.debug("a")
    made.log.info("b")
    made.log.warning("c")
    made.log.error("d")
    assert [event["message"] for event in made.events()] == ["c", "d"]
    os.close(made.fd)


secret_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=30).filter(
    lambda text: text.strip() == text and len(set(text)) > 4 and "*" not in text
)


@given(secret_texts, st.text(max_size=10))
def test_no_form_of_a_secret_is_written(
    tmp_path_factory: pytest.TempPathFactory, value: str, other: str
) -> None:
    made = Written(tmp_path_factory.mktemp("logs") / "log")
    made.output.scrubber.add(value)
    error = ValueError(f"cannot use {value!r} in {other}")
    made.log.info(
        f"{other}{value}{other}",
        plain=value,
        nested={"list": [value, {value: value}]},
        error=error,
        json=json.dumps({"a": value}),
        data=value.encode(),
        **{f"key {value}": 1},
    )
    os.close(made.fd)
    (event,) = made.events()

    def strings(found: object) -> Iterator[str]:
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            for key, item in found.items():
                yield key
                yield from strings(item)
        elif isinstance(found, list):
            for item in found:
                yield from strings(item)

    for text in strings(event):
        assert value not in text
        assert repr(value)[1:-1] not in text
        assert json.dumps(value)[1:-1] not in text
        assert repr(value.encode())[2:-1] not in text
    assert value not in made.text()


def test_lines_of_a_key_file_are_secrets_too() -> None:
    scrubber = Scrubber()
    scrubber.add("alice first-long-line\nbob second-long-line\nab\n")
    assert scrubber.text("saw `bob second-long-line`!") == "saw `***`!"
    assert scrubber.text("able") == "able"


def test_the_secret_parts_of_a_value_are_secrets_too() -> None:
    scrubber = Scrubber()
    scrubber.add("postgres://shop:p%2Fassw0rd@db.example:5432/shop")
    scrubber.add('{"type": "service", "private": {"key": ["abcdefghijklm"]}}')
    assert scrubber.text("for shop: p/assw0rd or p%2Fassw0rd") == "for shop: *** or ***"
    assert scrubber.text("service abcdefghijklm") == "service ***"
    assert scrubber.text("db.example:5432/shop is down") == "db.example:5432/shop is down"


def test_what_others_cut_of_a_secret_is_found() -> None:
    scrubber = Scrubber()
    for value in ("0123456789abcdefghijklmnopqrstuvwxyz", "9999456789abcdefghijklmnopqrst____"):
        scrubber.add(value)
    assert scrubber.text("saw '0123456789abcdefghij...klmnopqrstuvwxyz'") == "saw '***...***'"
    assert scrubber.text("saw '0123456789'") == "saw '0123456789'"


def test_numbers_and_what_they_are_in() -> None:
    scrubber = Scrubber()
    scrubber.add("482913")
    data = {"pin": 482913, "482913": [True, 482912, None, 1.5], "a": ("482913",)}
    assert scrubber.data(data) == {"pin": "***", "***": [True, 482912, None, 1.5], "a": ["***"]}


def test_a_rotated_secret_stays_secret_and_the_longest_goes_first() -> None:
    scrubber = Scrubber()
    for value in ("hunter2", "hunter2hunter2", "new-value"):
        scrubber.add(value)
    assert scrubber.text("hunter2hunter2 hunter2 new-value") == "*** *** ***"


def test_a_long_text_is_cut_and_the_line_stays_whole(written: Written) -> None:
    written.log.info("fine", traceback="first " + "x\n" * 200_000 + "last", small="kept")
    written.log.info("\x00" * 200_000)
    written.log.info("many", **{f"f{n}": "y" * 60 for n in range(5000)})
    cut, zeros, many = written.events()
    assert cut["small"] == "kept"
    assert cut["traceback"].startswith("first x")
    assert cut["traceback"].endswith("last")
    assert "…" in cut["traceback"]
    assert "…" in zeros["message"]
    assert many["message"] == "many"
    assert all(len(line) < written.output.sink.limit for line in written.text().split("\n"))


def test_what_no_line_has_room_for_is_not_looked_at(tmp_path: Path) -> None:
    """Whoever logs all that he has must not stop the loop with it."""
    looked = 0

    class Counting(Scrubber):
        def text(self, text: str) -> str:
            nonlocal looked
            looked += len(text)
            return super().text(text)

    written = Written(tmp_path / "log", scrubber=Counting())
    written.log.info("é" * 20_000_000, more={"x" * 99: "\u2028" * 20_000_000})
    written.log.info("many", many=["item"] * 5_000_000, fields=dict.fromkeys(range(1_000_000)))
    written.log.event("info", "all", dict.fromkeys(map(str, range(1_000_000))))
    assert looked < 2_000_000
    assert [each["message"][:4] for each in written.events()] == ["éééé", "many", "all"]
    os.close(written.fd)


def test_numbers_of_any_size(written: Written) -> None:
    """Python refuses to write very long ones in decimal."""
    written.log.info("large", n=10**5_000, m=[-(10**5_000)], k=10**3_000, d={10**5_000: 1})
    (event,) = written.events()
    assert event["n"] == hex(10**5_000)
    assert event["m"] == [hex(-(10**5_000))]
    assert event["k"] == str(10**3_000)
    assert list(event["d"]) == ["<int whose repr raised ValueError>"]


def test_readable_on_a_terminal(tmp_path: Path) -> None:
    made = Written(tmp_path / "log", readable=True)
    made.log.bind(worker=0).error(
        "it \x1b[31mfailed\n", order=7, who="a b", traceback="one\n two\n"
    )
    assert made.text() == (
        "22:13:20.250 error   it \\u001b[31mfailed\\u000a worker=0 order=7 who=a b\n"
        "    one\n     two\n"
    )
    os.close(made.fd)


def test_a_reader_that_sleeps_does_not_stop_the_writer() -> None:
    reader, writer = os.pipe()
    sink = Sink(writer, waiting=50)
    log = Log(Output(sink))
    assert sink.limit == 4096
    for n in range(1000):
        log.info("line", n=n, padding="x" * 1000)
    lines = b""
    while not sink.flush(0.01):
        lines += os.read(reader, 1 << 16)
    log.info("after")
    os.close(writer)
    while data := os.read(reader, 1 << 16):
        lines += data
    os.close(reader)
    events = [json.loads(line) for line in lines.splitlines()]
    order = [event["n"] for event in events if "n" in event]
    assert order == sorted(order)
    dropped = sum(e["count"] for e in events if e["message"] == "log lines were dropped")
    assert len(order) + dropped == 1000
    assert dropped > 0
    assert events[-1]["message"] == "after"


def test_a_reader_that_is_gone_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = Log(Output(Sink(writer)))
    log.info("lost")
    log.info("lost too")
    os.close(writer)


def test_lines_of_processes_do_not_mix() -> None:
    reader, writer = os.pipe()
    log = Log(Output(Sink(writer)))

    def worker(index: int) -> None:
        bound = log.bind(worker=index)
        for n in range(60):
            bound.info("line", n=n, padding=str(index) * 3000)
        assert log.output.sink.flush(60)

    pids = [fork(lambda index=index: worker(index)) for index in range(3)]
    os.close(writer)
    data = b""
    while chunk := os.read(reader, 1 << 16):
        data += chunk
    wait(*pids)
    os.close(reader)
    events = [json.loads(line) for line in data.splitlines()]
    assert sorted((e["worker"], e["n"]) for e in events) == [
        (index, n) for index in range(3) for n in range(60)
    ]


def test_everything_that_python_says_is_an_event(written: Written) -> None:
    stdout, stderr = sys.stdout, sys.stderr
    undo = install(written.log)
    try:
        print("from", "print\nand half", end="")  # noqa: T201
        print(" a line")  # noqa: T201
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old thing", DeprecationWarning, stacklevel=1)
        logging.getLogger("lib").warning("careful %s", "you")
        logging.getLogger("lib").info("bad %d format", "args")
        try:
            _ = 1 / 0
        except ZeroDivisionError as error:
            logging.getLogger("lib").exception("broke")
            sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.Thread(target=lambda: [][1])
        thread.start()
        thread.join()
    finally:
        undo()
    assert (sys.stdout, sys.stderr) == (stdout, stderr)
    events = written.events()
    assert [(e["level"], e["message"]) for e in events] == [
        ("info", "from print"),
        ("info", "and half a line"),
        ("warning", "old thing"),
        ("warning", "careful you"),
        ("info", "bad %d format"),
        ("error", "broke"),
        ("error", "uncaught ZeroDivisionError: division by zero"),
        ("error", "uncaught IndexError in a thread"),
    ]
    assert events[0]["stream"] == "stdout"
    assert events[2]["category"] == "DeprecationWarning"
    assert events[3]["logger"] == "lib"
    assert all("Traceback" in e["traceback"] for e in events[5:])


def test_names_that_only_we_know_are_rewritten(tmp_path: Path) -> None:
    made = Written(tmp_path / "log", plain=lambda text: text.replace("gatid_plan_3.", ""))
    made.log.error("in gatid_plan_3.desk", logger="gatid_plan_3.desk.models")
    (event,) = made.events()
    assert (event["message"], event["logger"]) == ("in desk", "desk.models")
    os.close(made.fd)


def test_print_keeps_the_stream_interface(written: Written) -> None:
    undo = install(written.log)
    try:
        assert sys.stdout.writable()
        assert sys.stdout.fileno() == written.fd
        assert isinstance(sys.stdout, io.TextIOBase)
    finally:
        undo()
