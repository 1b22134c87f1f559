"""Validators of GTypes: one call of the validation engine where the value is good.

What the engine accepts and the language does not is checked beside it, and only for types
where it can happen; what the engine refuses is read again exactly, to say every fault, or to
accept what it was wrong to refuse (of repeated keys only the last one counts).
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import CoreConfig, SchemaValidator, ValidationError

from gatid_compiler.gtypes.build import Mode, build
from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.explain import Explainer
from gatid_compiler.gtypes.faults import Fault, Invalid, Malformed, found
from gatid_compiler.gtypes.plain import plain
from gatid_compiler.gtypes.reading import read, too_deep
from gatid_compiler.gtypes.shape import Traits, traits
from gatid_compiler.gtypes.text import show

if TYPE_CHECKING:
    from gatid_compiler.gtypes.model import GType, Schema

DEEPEST = 200
"""The engine reads no JSON that is nested deeper."""

# Anything may be a number, and the engine takes numbers there that are not finite.
_MAYBE_INFINITE = re.compile(rb"NaN|Infinity|[eE]\+?[0-9]{3}|[0-9]{309}")
# A double says at most 17 digits; what is written with fewer is what it is read as, unless it
# is so small that it is read as another one, or zero.
_MAYBE_INEXACT = re.compile(rb"[0-9.]{16}|[eE]-[0-9]{3}")

_CONFIG = CoreConfig(hide_input_in_errors=True)


def validator(
    schema: Schema, *, depth: int = 64, duplicate_keys: Literal["last", "refused"] = "last"
) -> Validator:
    """A validator of the schema's type.

    `depth` bounds how many JSON containers may be inside one another, 200 at most. With
    `duplicate_keys="refused"` an object whose text has a key twice is malformed. Raises
    `ValueError` for a depth that cannot be kept, and for any other word.
    """
    if duplicate_keys not in ("last", "refused"):
        raise ValueError(
            f"of duplicate keys the `last` counts or they are `refused`, not {duplicate_keys!r}"
        )
    if not 1 <= depth <= DEEPEST:
        raise ValueError(f"a depth from 1 to {DEEPEST} is wanted, not {depth}")
    unique = duplicate_keys == "refused"
    return Validator(schema.root, Expansion.of(schema), depth, unique_keys=unique)


class Validator:
    """Validates values of one type. Make one with `validator`.

    All methods raise `Invalid` with every fault; results are plain JSON data in new
    containers, scalars as strings, UUIDs in lower case.
    """

    def __init__(self, root: GType, expansion: Expansion, depth: int, *, unique_keys: bool) -> None:
        self._root = root
        self._depth = depth
        self._unique_keys = unique_keys
        self._expansion = expansion
        self._explainer = Explainer(expansion)

    def json(self, data: bytes) -> Any:
        """The value of a JSON text, defaults filled. Raises `Malformed` if it is no JSON."""
        if self._traits.keyed:
            return self._read_keyed(data)
        try:
            value = self._json.validate_json(data)
        except ValidationError as error:
            return self._read_again(data, error)
        if self._checked:
            self._check_text(data)
        return value

    def python(self, value: Any) -> Any:
        """Data that was decoded already, defaults filled."""
        try:
            return self._data.validate_python(value)
        except ValidationError:
            raise self._invalid(value) from None

    def answer(self, value: Any) -> Any:
        """What a handler returned, as plain data; nothing filled.

        `UUID`, `datetime`, `date`, `time`, `timedelta`, `Decimal`, `bytes`, enums, dataclasses
        and pydantic models are written in the normative form of their type.
        """
        try:
            return self._plain.validate_python(value)
        except ValidationError:
            written = plain(value)
        try:
            return self._plain.validate_python(written)
        except ValidationError:
            raise self._invalid(written) from None

    def check(self, value: Any) -> None:
        """Nothing, if the plain data is of the type as it is."""
        try:
            self._plain.validate_python(value)
        except ValidationError:
            raise self._invalid(value) from None

    def accepts(self, value: Any) -> bool:
        """Whether the plain data is of the type as it is."""
        try:
            self._plain.validate_python(value)
        except ValidationError:
            return False
        return True

    @cached_property
    def _traits(self) -> Traits:
        return traits(self._root, self._expansion)

    @cached_property
    def _any_depth(self) -> bool:
        return self._traits.levels is None or self._traits.levels > self._depth

    @cached_property
    def _checked(self) -> bool:
        """What the engine accepted may still have to be looked at."""
        return self._unique_keys or self._any_depth or self._traits.any or self._traits.multiples

    @cached_property
    def _json(self) -> SchemaValidator:
        return self._validator("json")

    @cached_property
    def _data(self) -> SchemaValidator:
        return self._validator("data")

    @cached_property
    def _plain(self) -> SchemaValidator:
        return self._validator("plain")

    def _validator(self, mode: Mode) -> SchemaValidator:
        return SchemaValidator(build(self._root, self._expansion, mode), _CONFIG)

    def _check_text(self, data: bytes) -> None:
        """Checks of a text that the engine accepted."""
        if self._any_depth and too_deep(data, self._depth):
            raise self._too_deep()
        if self._unique_keys:
            read(data, unique_keys=True)
        if (self._traits.any and _MAYBE_INFINITE.search(data)) or (
            self._traits.multiples and _MAYBE_INEXACT.search(data)
        ):
            faults = self._explainer.faults(read(data, exact=True), self._root)
            if faults:
                raise Invalid(faults)

    def _read_keyed(self, data: bytes) -> Any:
        """The engine has no words for what keys are, so it is given what they are in."""
        value = read(data, exact=self._traits.multiples, unique_keys=self._unique_keys)
        if too_deep(data, self._depth):
            raise self._too_deep()
        faults = self._explainer.faults(value, self._root)
        if faults:
            raise Invalid(faults)
        return self.python(read(data))

    def _read_again(self, data: bytes, error: ValidationError) -> Any:
        if error.error_count() == 1:
            only = error.errors(include_url=False, include_input=False)[0]
            if only["type"] == "json_invalid":
                raise self._malformed(only["ctx"]["error"]) from None
        value = read(data, exact=self._traits.multiples, unique_keys=self._unique_keys)
        if too_deep(data, self._depth):
            raise self._too_deep()
        faults = self._explainer.faults(value, self._root)
        if faults:
            raise Invalid(faults)
        return self.python(value)

    def _malformed(self, reason: str) -> Malformed:
        if reason.startswith("recursion limit exceeded"):
            return self._too_deep()
        if reason.startswith("number out of range"):
            reason = reason.replace("number out of range", "a number of more than 4,300 digits")
        return Malformed(reason)

    def _too_deep(self) -> Malformed:
        return Malformed(f"nested deeper than {self._depth} levels")

    def _invalid(self, value: Any) -> Invalid:
        faults = self._explainer.faults(value, self._root)
        return Invalid(faults or (Fault("", show(self._root), found(value, hidden=True)),))
