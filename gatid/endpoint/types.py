"""The validators and encoders of one plan, each made once however many contracts use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.encode import encoder
from gatid_compiler.gtypes.faults import Fault, Invalid
from gatid_compiler.gtypes.validator import Validator, validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid_compiler.gtypes.model import Definitions, GType, Schema
    from gatid_compiler.plan import Plan

_PROBLEM = model.Object(
    tuple(
        model.Field(name, type, required=False)
        for name, type in (
            ("detail", model.String()),
            ("instance", model.String()),
            ("status", model.Int()),
            ("title", model.String()),
            ("type", model.String()),
        )
    ),
    rest=model.Any(),
)


class Types:
    """What validates and writes values of a plan's types."""

    __slots__ = ("_encoders", "_limits", "_validators", "defs")

    def __init__(self, plan: Plan) -> None:
        self.defs: Definitions = {"Problem": _PROBLEM, **plan.types}
        self._limits = plan.app.limits
        self._validators: dict[GType, Validator] = {}
        self._encoders: dict[GType, Callable[[Any], bytes]] = {}

    def schema(self, type: GType) -> Schema:
        """The type with what its references mean."""
        return model.Schema(type, self.defs)

    def validator(self, type: GType) -> Validator:
        """The validator of a type, under the limits of the plan."""
        found = self._validators.get(type)
        if found is None:
            limits = self._limits
            found = self._validators[type] = validator(
                self.schema(type), depth=limits.depth, duplicate_keys=limits.duplicate_keys
            )
        return found

    def encoder(self, type: GType) -> Callable[[Any], bytes]:
        """What writes values of a type as JSON."""
        found = self._encoders.get(type)
        if found is None:
            found = self._encoders[type] = encoder(self.schema(type))
        return found

    def octets(self, type: GType | None) -> Callable[[bytes], bytes]:
        """A check of octets that are taken as they are."""
        root = None if type is None else self.resolve(type)
        low, high = (root.low, root.high) if isinstance(root, model.Bytes) else (0, None)
        if not low and high is None:
            return bytes

        def read(data: bytes) -> bytes:
            if low <= len(data) and (high is None or len(data) <= high):
                return data
            expected = f"{low} bytes or more" if high is None else f"{low} to {high} bytes"
            raise Invalid((Fault("", expected, f"{len(data)} bytes"),))

        return read

    def resolve(self, type: GType) -> GType:
        """The type itself, where it is but a name."""
        while isinstance(type, model.Ref):
            type = self.defs[type.name]
        return type

    def branches(self, type: GType) -> Iterator[GType]:
        """The alternatives of a type, unions inside unions flattened; names are looked up."""
        root = self.resolve(type)
        if isinstance(root, model.Union):
            for branch in root.branches:
                yield from self.branches(branch)
        else:
            yield root

    def takes_text(self, type: GType) -> bool:
        """Whether some string may be of the type."""
        return any(
            isinstance(branch, (model.Any, model.String, model.Format))
            or (isinstance(branch, model.Literal) and isinstance(branch.value, str))
            for branch in self.branches(type)
        )


def named_fields(type: GType, defs: Definitions) -> tuple[str, ...]:
    """The names of an object's fields; parts of an intersection add theirs."""
    match type:
        case model.Ref(name):
            return named_fields(defs[name], defs)
        case model.Object(fields):
            return tuple(field.name for field in fields)
        case model.Intersection(parts):
            return tuple(dict.fromkeys(n for part in parts for n in named_fields(part, defs)))
        case _:
            return ()
