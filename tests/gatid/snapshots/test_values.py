"""What is written of local data gives it back, and what cannot be written is named."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from enum import IntEnum
from typing import Any

import orjson
import pytest
from hypothesis import given

from gatid.services.secrets.value import Secret
from gatid.snapshots import frozen
from gatid.snapshots.frozen import Missing, freeze, freeze_all, thaw
from gatid.snapshots.values import BadValueError, Writer, read
from tests.gatid.snapshots.data import exactly, local_data


def written(value: Any) -> tuple[Any, list[tuple[str, Missing]]]:
    writer = Writer(lambda text: text)
    return orjson.loads(orjson.dumps(writer.write(value))), writer.missing


@pytest.mark.prop(47)
@given(local_data())
def test_what_was_frozen_and_written_comes_back_as_it_was(data: dict[str, Any]) -> None:
    made, missing = written(thaw(freeze_all(data, 1 << 20)))
    assert missing == []
    assert exactly(read(made)) == exactly(data)


def test_what_happens_later_does_not_reach_what_was_frozen() -> None:
    data = {"a": [1]}
    taken = freeze_all(data, 1000)
    data["a"].append(2)
    assert thaw(taken) == {"a": [1]}


class Pool:
    def __reduce__(self) -> Any:
        raise AssertionError("nobody asks it how it is copied")

    __getstate__ = __hash__ = __eq__ = __reduce__  # type: ignore[assignment]


class Colour(IntEnum):
    RED = 1


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Pool(), "test_values.Pool"),
        (Pool, "type"),
        (Pool.__reduce__, "function"),
        (len, "builtin_function_or_method"),
        (Colour.RED, "test_values.Colour"),
        (Pair(1, 2), "test_values.Pair"),
        (OrderedDict(a=1), "collections.OrderedDict"),
        (Secret("key", "hidden-value"), "gatid.services.secrets.value.Secret"),
        (3j, "complex"),
        (..., "ellipsis"),
        (OSError("no"), "OSError"),
    ],
)
def test_what_has_a_class_of_its_own_is_named_and_left_out(value: Any, name: str) -> None:
    made, missing = written(thaw(freeze_all({"kept": [1], "it": {"in": [0, value]}}, 1 << 20)))
    [(at, what)] = missing
    assert at == "/it/in/1"
    assert what.type.endswith(name)
    assert what.why == frozen.UNKNOWN
    found = read(made)
    assert found["kept"] == [1]
    assert found["it"]["in"][0] == 0
    assert (found["it"]["in"][1].type, found["it"]["in"][1].why) == (what.type, what.why)


def test_what_is_too_large_leaves_the_rest() -> None:
    found = thaw(freeze_all({"small": 1, "large": "x" * 5000, "after": [2]}, 1000))
    assert found["small"] == 1
    assert found["after"] == [2]
    assert (found["large"].type, found["large"].why) == ("str", frozen.TOO_LARGE)
    assert freeze("x" * 5000, 1000) is None


def test_what_is_too_deep_leaves_the_rest() -> None:
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    made, missing = written(thaw(freeze_all({"deep": deep, "flat": 1}, 1 << 20)))
    assert read(made)["flat"] == 1
    assert [what.why for _, what in missing] == [frozen.TOO_DEEP]


@pytest.mark.parametrize("data", [{"$see": 4}, {"$x": 1}, {"$is": []}, {"$d": [1]}, {"$u": "?"}])
def test_what_nobody_wrote_is_refused(data: Any) -> None:
    with pytest.raises(BadValueError):
        read(data)
