"""What typing has made sure of, said where it is relied on."""

from __future__ import annotations

from typing import TypeVar

_T = TypeVar("_T")


def expect(kind: type[_T], value: object) -> _T:
    """The value, which is of the kind: anything else is a fault of ours, not of the user."""
    if not isinstance(value, kind):
        raise AssertionError(f"{kind.__name__} expected, {value} found")
    return value
