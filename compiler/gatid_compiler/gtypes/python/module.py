"""Which names of a module are types, and all of them at once."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing

import typing_extensions

from gatid_compiler.gtypes.model import Never, Ref
from gatid_compiler.gtypes.python import records
from gatid_compiler.gtypes.python.extract import Extracted, Reader

_ALIASES = (
    typing.NewType,
    typing_extensions.TypeAliasType,
    getattr(typing, "TypeAliasType", typing.NewType),
)


def type_names(module: types.ModuleType) -> tuple[str, ...]:
    """The public names that a module gives to types of its own, in the order of writing.

    Classes and aliases that it imports belong where they are made; a generic class is
    written where it is given its arguments.
    """
    return tuple(
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and _is_own_type(value, module.__name__)
    )


def _is_own_type(value: object, home: str) -> bool:
    if isinstance(value, (*_ALIASES, type)):
        own = getattr(value, "__module__", None) == home
        generic = getattr(value, "__parameters__", ()) or getattr(value, "__type_params__", ())
        return own and not generic and (not isinstance(value, type) or _is_record(value))
    if isinstance(value, types.UnionType):
        return True
    return typing.get_origin(value) is not None and not getattr(value, "__parameters__", ())


def _is_record(cls: type) -> bool:
    if issubclass(cls, enum.Enum):
        return len(cls) > 0
    return (
        records.is_typed_dict(cls)
        or records.is_named_tuple(cls)
        or records.is_model(cls)
        or dataclasses.is_dataclass(cls)
    )


def extract_module(module: types.ModuleType, names: tuple[str, ...]) -> Extracted:
    """The types of a module under their names, and all that they name.

    Raises `NotExtractableError` with every annotation that is no GType, and `AttributeError`
    for a name that the module does not have.
    """
    reader = Reader({})
    for name in names:
        value = getattr(module, name)
        reader.declare(name, value, module.__name__)
    return reader.result(Ref(names[0]) if names else Never())
