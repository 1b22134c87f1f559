"""The fields of classes that are objects in JSON, read alike from every way to write them."""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Mapping
from dataclasses import dataclass

import pydantic
import typing_extensions
from pydantic.fields import FieldInfo

from gatid_compiler.gtypes.python.constraints import RefusedError

Namespace = Mapping[str, object]

NOTHING = object()
"""There is no default, or none that is a value known before the code runs."""

_QUALIFIERS = (
    typing.Required,
    typing.NotRequired,
    typing_extensions.ReadOnly,
    typing.Final,
    dataclasses.KW_ONLY,
)
_NARROWING = (
    "str_strip_whitespace", "str_to_lower", "str_to_upper", "str_min_length", "str_max_length",
    "coerce_numbers_to_str",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A field as it is written: the name in JSON, the annotation, what is said beside it."""

    name: str
    annotation: object
    metadata: tuple[object, ...]
    required: bool
    default: object = NOTHING
    unwritten: bool = False
    """It has a default that is no JSON scalar, or a function that makes one."""


@dataclass(frozen=True, slots=True)
class Record:
    """A class as an object: its fields, what other keys hold, what is read otherwise."""

    parts: tuple[Part, ...]
    rest: object = NOTHING
    notes: tuple[str, ...] = ()


def is_typed_dict(cls: object) -> bool:
    """A `TypedDict` of `typing` or `typing_extensions`."""
    return typing_extensions.is_typeddict(cls)


def is_named_tuple(cls: object) -> bool:
    """A class made by `NamedTuple` or `namedtuple`."""
    return isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields")


def is_model(cls: object) -> bool:
    """A pydantic model."""
    return isinstance(cls, type) and issubclass(cls, pydantic.BaseModel)


def hints(cls: type, names: Namespace) -> dict[str, object]:
    """The annotations of a class, resolved where it was written, then among `names`.

    Raises `NameError` for a name that is in neither.
    """
    local = {cls.__name__: cls, **names}
    return typing.get_type_hints(cls, localns=local, include_extras=True)


def typed_dict(cls: type, names: Namespace) -> Record:
    """The fields of a `TypedDict`; closed unless it says otherwise (PEP 728)."""
    optional: frozenset[str] = getattr(cls, "__optional_keys__", frozenset())
    parts = []
    for name, annotation in hints(cls, names).items():
        base, metadata, required = _unwrapped(annotation)
        info = next((m for m in metadata if isinstance(m, FieldInfo)), None)
        parts.append(_part(name, base, metadata, name not in optional, required, info))
    return Record(tuple(parts), _typed_dict_rest(cls))


def _typed_dict_rest(cls: type) -> object:
    config = getattr(cls, "__pydantic_config__", {})
    extra = getattr(cls, "__extra_items__", typing_extensions.NoExtraItems)
    if extra not in (None, typing_extensions.NoExtraItems, typing.Never):
        return typing.get_args(extra)[0] if _is_read_only(extra) else extra
    if getattr(cls, "__closed__", None) is False or config.get("extra") == "allow":
        return typing.Any
    return NOTHING


def _is_read_only(annotation: object) -> bool:
    return typing.get_origin(annotation) is typing_extensions.ReadOnly


def data_class(cls: type, names: Namespace) -> Record:
    """The fields of a dataclass, of the standard library or of pydantic."""
    infos: Mapping[str, FieldInfo] | None = getattr(cls, "__pydantic_fields__", None)
    if infos is not None:
        _hold_config(cls, getattr(cls, "__pydantic_config__", {}))
        _hold_decorators(cls)
        return Record(tuple(_of_info(name, info) for name, info in infos.items()))
    resolved = hints(cls, names)
    fields = dataclasses.fields(cls)
    for name, annotation in resolved.items():
        if isinstance(annotation, dataclasses.InitVar):
            raise RefusedError(f"has the `InitVar` `{name}`", f"make `{name}` a field")
    parts = []
    for one in fields:
        if not one.init:
            raise RefusedError(
                f"has `{one.name}`, which no caller gives", "take `init=False` away, or the field"
            )
        base, metadata, required = _unwrapped(resolved[one.name])
        default: object = one.default
        factory = one.default_factory is not dataclasses.MISSING
        if isinstance(default, FieldInfo):
            raise RefusedError(f"has a pydantic `Field` for `{one.name}`", "use pydantic's own "
                               "`dataclass`, or say it in `Annotated`")  # fmt: skip
        there = default is dataclasses.MISSING and not factory
        value, unwritten = (NOTHING, factory) if default is dataclasses.MISSING else _json(default)
        wanted = there if required is None else required
        parts.append(Part(one.name, base, metadata, wanted, value, unwritten))
    return Record(tuple(parts))


def model(cls: type[pydantic.BaseModel], names: Namespace) -> Record:
    """The fields of a pydantic model under their aliases; closed unless `extra` is `allow`."""
    cls.model_rebuild(raise_errors=True, _types_namespace={**names} or None)
    _hold_config(cls, cls.model_config)
    _hold_decorators(cls)
    notes = []
    extra = cls.model_config.get("extra")
    if extra is None:
        notes.append("pydantic passes over fields it does not know; the GType refuses them")
    if extra == "ignore":
        raise RefusedError(
            "drops fields that it does not know", "say `extra='forbid'` or `extra='allow'`"
        )
    by_name = cls.model_config.get("populate_by_name") or cls.model_config.get("validate_by_name")
    if by_name and any(info.alias for info in cls.model_fields.values()):
        notes.append("fields are known by their alias alone")
    rest: object = NOTHING
    if extra == "allow":
        rest = typing.Any
        said = typing.get_args(hints(cls, names).get("__pydantic_extra__"))
        held = [a for a in said if typing.get_origin(a) is dict]
        found = held[0] if held else hints(cls, names).get("__pydantic_extra__")
        args = typing.get_args(found)
        rest = args[1] if len(args) == 2 and typing.get_origin(found) is dict else typing.Any
    parts = tuple(_of_info(name, info) for name, info in cls.model_fields.items())
    return Record(parts, rest, tuple(notes))


def _hold_config(cls: type, config: Mapping[str, object]) -> None:
    for name in _NARROWING:
        if config.get(name):
            raise RefusedError(
                f"is configured with `{name}`", "say lengths and patterns beside each field"
            )


def _hold_decorators(cls: type) -> None:
    kept = getattr(cls, "__pydantic_decorators__", None)
    for kind in (
        "validators", "field_validators", "root_validators", "model_validators",
        "field_serializers", "model_serializers", "computed_fields",
    ):  # fmt: skip
        for name in getattr(kept, kind, {}):
            raise RefusedError(
                f"has the {kind.rstrip('s').replace('_', ' ')} `{name}`, which is code and no type",
                "keep what it does in the handler, and extract a class without it",
            )


def _of_info(name: str, info: FieldInfo) -> Part:
    base, metadata, _ = _unwrapped(info.annotation)
    said = (*metadata, info)
    return _part(name, base, said, info.is_required(), None, info)


def _part(
    name: str,
    base: object,
    metadata: tuple[object, ...],
    required: bool,
    qualified: bool | None,
    info: FieldInfo | None,
) -> Part:
    wanted = required if qualified is None else qualified
    if info is None:
        return Part(name, base, metadata, wanted)
    aliases = {a for a in (info.alias, info.validation_alias, info.serialization_alias) if a}
    if any(not isinstance(a, str) for a in aliases) or len(aliases) > 1:
        raise RefusedError(f"gives `{name}` several names", "give it one `alias`")
    if info.exclude or info.init is False:
        raise RefusedError(f"leaves `{name}` out of one direction", "take the field away")
    shown = str(next(iter(aliases))) if aliases else name
    if info.default_factory is not None:
        return Part(shown, base, metadata, False, NOTHING, unwritten=True)
    if info.is_required() or repr(info.default) in ("PydanticUndefined", "Ellipsis"):
        return Part(shown, base, metadata, wanted)
    if repr(info.default) == "MISSING":
        return Part(shown, base, metadata, False)
    return Part(shown, base, metadata, False, *_json(info.default))


def _json(default: object) -> tuple[object, bool]:
    """A default as JSON; nothing, and True, where it is none."""
    value = default.value if isinstance(default, enum.Enum) else default
    return (value, False) if _is_json(value) else (NOTHING, True)


def _is_json(value: object) -> bool:
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is dict:
        return all(type(key) is str and _is_json(inner) for key, inner in value.items())
    return value is None or type(value) in (str, int, float, bool)


def _unwrapped(annotation: object) -> tuple[object, tuple[object, ...], bool | None]:
    """An annotation without `Required`, `ReadOnly` and `Annotated` around it."""
    metadata: list[object] = []
    required: bool | None = None
    while True:
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            base, *said = typing.get_args(annotation)
            metadata = [*said, *metadata]
            annotation = base
        elif origin in _QUALIFIERS:
            if origin in (typing.Required, typing.NotRequired):
                required = origin is typing.Required
            annotation = typing.get_args(annotation)[0]
        else:
            return annotation, tuple(metadata), required
