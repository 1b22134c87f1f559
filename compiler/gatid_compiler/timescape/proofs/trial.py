"""Messages run through the transform as it will serve, and through the validators."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import Object, Schema
from gatid_compiler.gtypes.textual import reader
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.timescape.messages import PARTS, TEXTUAL
from gatid_compiler.timescape.proofs.samples import smallest_first
from gatid_compiler.timescape.proofs.verdict import Witness
from gatid_compiler.timescape.reshape import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatid_compiler.gtypes.faults import Fault
    from gatid_compiler.gtypes.validator import Validator
    from gatid_compiler.timescape.fuse.fuse import Fused

_MOST = 1500
"""So many messages are tried before the search for witnesses ends."""

_PART_OF = {part: word for word, part in PARTS.items()}


class Trial:
    """One transform, with validators of what goes in and of what must come out."""

    def __init__(
        self, fused: Fused | None, before: Schema, after: Schema, *, request: bool
    ) -> None:
        self._fused = fused
        name = "forward" if request else "backward"
        self._run = None if fused is None else _function(fused.source, name)
        self._before = before
        self._taken = validator(before, depth=200)
        self._wanted = validator(after, depth=200)
        self._request = request

    def search(self, hints: Sequence[Any]) -> tuple[Witness, ...]:
        """The messages tried that do not come out as they must, smallest first, each with what
        was not wrong in the ones before.
        """
        found: list[Witness] = []
        seen: set[str | None] = set()
        for message in smallest_first(self._before.root, self._before.defs, hints, _MOST):
            witness = self.run(message)
            if witness is None:
                continue
            if witness.made is None and None not in seen:
                found.append(witness)
                seen.add(None)
            new = tuple(fault for fault in witness.faults if fault.pointer not in seen)
            if new:
                found.append(replace(witness, faults=new))
                seen.update(fault.pointer for fault in new)
        return tuple(found)

    def run(self, message: dict[str, Any]) -> Witness | None:
        """The message as a witness, if it is one."""
        value = self._received(message)
        if value is None:
            return None
        try:
            made = self._carried(value)
        except Exception:  # noqa: BLE001 - whatever it raises, the message is not carried
            return Witness(message, None, ())
        faults = _faults(self._wanted, made)
        return Witness(message, made, faults) if faults else None

    def _received(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """The message as the transform gets it; None where it cannot be sent."""
        if not self._request:
            return message if self._taken.accepts(message) else None
        try:
            value = cast("dict[str, Any]", self._taken.python(message))
        except Invalid:
            return None
        return value if _sendable(message, self._before) else None

    def _carried(self, value: dict[str, Any]) -> dict[str, Any]:
        if self._fused is None or self._run is None:
            return value
        given = [value.get(_PART_OF[part], {}) for part in self._fused.parts]
        results = self._run(*given)
        if len(self._fused.parts) == 1:
            results = (results,)
        return value | {
            _PART_OF[part]: result for part, result in zip(self._fused.parts, results, strict=True)
        }


def _faults(wanted: Validator, made: dict[str, Any]) -> tuple[Fault, ...]:
    try:
        wanted.check(made)
    except Invalid as invalid:
        return invalid.faults
    return ()


def _function(source: str, name: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(source, "<transform>", "exec"), namespace)  # noqa: S102 - our own text
    return cast("Callable[..., Any]", namespace[name])


def _sendable(message: dict[str, Any], schema: Schema) -> bool:
    """Whether the parts that are text read back as what they are."""
    for part in TEXTUAL:
        given = message.get(part)
        if not given:
            continue
        if part == "path" and any(value == "" for value in given.values()):
            return False
        if not _reads_back(given, _part_type(schema, part)):
            return False
    return True


def _part_type(schema: Schema, part: str) -> Schema:
    root = resolved(schema.root, schema.defs)
    assert isinstance(root, Object)  # noqa: S101 - a message is an object of its parts
    field = root.field(part)
    assert field is not None  # noqa: S101 - the message has it
    return Schema(resolved(field.type, schema.defs), schema.defs)


def _reads_back(given: dict[str, Any], schema: Schema) -> bool:
    texts = {
        name: [_text(v) for v in (value if isinstance(value, list) else [value])]
        for name, value in given.items()
    }
    try:
        read = reader(schema).read(texts)
    except Invalid:
        return False
    return all(json.dumps(read.get(name)) == json.dumps(value) for name, value in given.items())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
