"""Python annotations as GTypes: exactly, or refused with what to write instead."""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace

import pydantic
import typing_extensions

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.literals import frozen
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Default,
    Field,
    Format,
    GType,
    Literal,
    Null,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.python import checks, constraints, leaves, records
from gatid_compiler.gtypes.python.constraints import RefusedError
from gatid_compiler.gtypes.python.faults import Fault, Note, NotExtractableError, shown
from gatid_compiler.gtypes.text import show

Scope = Mapping[object, GType]

_DEPTH = 60
"""How many annotations may stand inside one another: only endless generics are deeper."""

_Key = tuple[object, tuple[GType, ...]]
"""What a definition is of: a class or an alias, and what its type parameters are."""

_ALIASES = (typing_extensions.TypeAliasType, getattr(typing, "TypeAliasType", ()))


@dataclass(frozen=True, slots=True)
class Extracted:
    """A type read from annotations, and where it says something else than Python does."""

    schema: Schema
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an annotation stands: its path, its module, what its type parameters are."""

    path: str
    module: str | None = None
    scope: Scope = field(default_factory=dict)
    depth: int = 0
    is_field: bool = False

    def inside(self, step: str) -> _Place:
        return replace(self, path=self.path + step, depth=self.depth + 1, is_field=False)


def extract(
    annotation: object,
    *,
    name: str | None = None,
    module: str | None = None,
    names: Mapping[str, object] | None = None,
    built: bool = False,
) -> Extracted:
    """The GType of an annotation, with every class and alias that it names as a definition.

    `module` is where names in text are looked up, `names` what is known besides, such as the
    `locals()` of a function that declares classes. In what is `built` by Python, a field that has
    a default is there. Raises `NotExtractableError` with every
    annotation that is no GType.
    """
    reader = Reader(names or {}, built=built)
    root = reader.read(annotation, name or _called(annotation), module)
    return reader.result(root)


class Reader:
    """Reads annotations that share definitions; what they share is read once."""

    def __init__(self, names: Mapping[str, object], *, built: bool = False) -> None:
        self._built = built
        self.defs: dict[str, GType] = {}
        self.faults: list[Fault] = []
        self._names = names
        self._notes: list[Note] = []
        self._known: dict[_Key, str] = {}
        self._inline: dict[_Key, GType] = {}
        self._again: set[str] = set()
        self._open: set[str] = set()
        self._defaults: list[tuple[Field, str]] = []

    def read(self, annotation: object, path: str, module: str | None) -> GType:
        """The type of an annotation; what it names is added to `defs`."""
        return self._resolved(annotation, _Place(path, module))

    def declare(self, name: str, annotation: object, module: str) -> None:
        """Puts the type of an annotation under a name of its own, unless it brings one."""
        read = self.read(annotation, name, module)
        if read != Ref(name):
            self._named(name, (name, ()), _Place(name), lambda _: read, module)

    def result(self, root: GType) -> Extracted:
        """What was read. Raises `NotExtractableError` where something could not be."""
        endless = checks.endless(self.defs)
        self.faults.extend(endless or checks.wrong_defaults(self._defaults, self.defs))
        if self.faults:
            raise NotExtractableError(tuple(dict.fromkeys(self.faults)))
        return Extracted(Schema(root, self.defs), tuple(dict.fromkeys(self._notes)))

    def _refuse(self, annotation: object, at: _Place, reason: str, help: str) -> GType:
        self.faults.append(Fault(at.path, shown(annotation), reason, help))
        return Any()

    def _resolved(self, annotation: object, at: _Place) -> GType:
        """The type of an annotation in which names may stand as text."""
        home = vars(sys.modules[at.module]) if at.module in sys.modules else {}
        holder = type("_", (), {"__annotations__": {"it": annotation}})
        try:
            hints = typing.get_type_hints(holder, home, dict(self._names), include_extras=True)
        except NameError as error:
            return self._unknown_name(annotation, at, error)
        except (SyntaxError, TypeError) as error:
            return self._refuse(annotation, at, f"is no annotation: {error}", "write a type")
        return self._read(hints["it"], at)

    def _unknown_name(self, annotation: object, at: _Place, error: NameError) -> GType:
        return self._refuse(
            annotation, at, f"names `{error.name}`, which is not defined where it stands",
            "define it in the module, outside of `if TYPE_CHECKING`",
        )  # fmt: skip

    def _read(self, a: object, at: _Place) -> GType:
        if at.depth > _DEPTH:
            return self._refuse(a, at, "never ends", "write recursive types by their name")
        try:
            return self._of(a, at)
        except RefusedError as refused:
            return self._refuse(a, at, refused.reason, refused.help)

    def _of(self, a: object, at: _Place) -> GType:
        if isinstance(a, str | typing.ForwardRef):
            return self._resolved(a, at)
        origin = typing.get_origin(a)
        if origin is typing.Annotated:
            base, *metadata = typing.get_args(a)
            return self._annotated(base, tuple(metadata), at)
        if origin in (typing.Union, types.UnionType):
            return self._union(typing.get_args(a), at)
        if origin is typing.Literal or origin is typing_extensions.Literal:
            return normal.union(*(self._literal(a, v, at) for v in typing.get_args(a)))
        if isinstance(a, typing.TypeVar):
            return self._parameter(a, at)
        if isinstance(a, typing.NewType):
            named = a.__supertype__
            return self._named(
                a.__name__, (a, ()), at, lambda p: self._resolved(named, p), a.__module__
            )
        if isinstance(origin or a, _ALIASES):
            return self._alias(a, origin, at)
        if a in leaves.LEAVES:
            return self._leaf(a, at)
        return self._container(a, origin or a, typing.get_args(a), at)

    def _leaf(self, a: object, at: _Place) -> GType:
        if a in leaves.SECRETS and not at.is_field:
            return self._refuse(
                a, at, "is secret, and only a field can be", "make the whole field secret"
            )
        return leaves.LEAVES[a]

    def _parameter(self, a: typing.TypeVar, at: _Place) -> GType:
        if a in at.scope:
            return at.scope[a]
        return self._refuse(
            a, at, "is a type parameter, and nothing says what it is",
            "give the generic type its arguments, as in `Page[Order]`",
        )  # fmt: skip

    def _union(self, args: tuple[object, ...], at: _Place) -> GType:
        if all(one in args for one in leaves.ADDRESSES):
            args = tuple(a for a in args if a not in leaves.ADDRESSES)
            return normal.union(Format(Scalar.IP), *(self._read(a, at) for a in args))
        return normal.union(*(self._read(a, at) for a in args))

    def _literal(self, a: object, value: object, at: _Place) -> GType:
        held = value.value if isinstance(value, enum.Enum) else value
        if held is None:
            return Null()
        if type(held) in (str, int, bool):
            return Literal(typing.cast(str | int | bool, held))
        return self._refuse(
            a, at, f"has the value `{held!r}`", "take strings, whole numbers, booleans and None"
        )

    def _annotated(self, base: object, metadata: tuple[object, ...], at: _Place) -> GType:
        said = constraints.gather(metadata)
        if said.secret and not at.is_field:
            raise RefusedError("is secret, and only a field can be", "make the whole field secret")
        return self._narrowed(self._read(base, at), said, at)

    def _narrowed(self, t: GType, said: constraints.Said, at: _Place) -> GType:
        self._notes.extend(Note(at.path, text) for text in said.notes)
        if said.constrains:
            t = constraints.narrow(self._opened(t), said)
        tags = {info.discriminator for info in said.info} - {None}
        for tag in tags:
            t = self._tagged(t, str(tag))
        if said.also:
            others = (self._resolved(other, at.inside("")) for other in said.also)
            t = normal.intersection(t, *others)
        return t

    def _tagged(self, t: GType, tag: str) -> GType:
        """The branches of a union, each with the field that tells them apart required.

        pydantic looks at that field first, and its default does not help where it is absent.
        """
        match t:
            case Union(branches):
                return normal.union(*(self._tagged(branch, tag) for branch in branches))
            case Ref(name) if isinstance(self.defs[name], Union) and name not in self._open:
                return self._tagged(self.defs[name], tag)
            case Ref(name) if (key := self._optional_tag(name, tag)) is not None:
                return normal.intersection(t, Object((Field(key, Any()),), Any()))
            case Object():
                return _with_required(t, tag)
            case _:
                return t

    def _optional_tag(self, name: str, tag: str) -> str | None:
        """The tag's name in JSON where the class that is called `name` may go without it."""
        cls = next(key[0] for key, own in self._known.items() if own == name)
        infos = getattr(cls, "__pydantic_fields__", {})
        if tag in infos:
            return None if infos[tag].is_required() else infos[tag].alias or tag
        defaults = (
            [f.name for f in fields(cls) if f.default is not MISSING]
            if (is_dataclass(cls))
            else getattr(cls, "__optional_keys__", ())
        )
        return tag if tag in defaults else None

    def _opened(self, t: GType) -> GType:
        """The type with its outermost names looked up, so that a constraint can be laid on it."""
        match t:
            case Ref(name) if name in self._open:
                raise RefusedError("narrows a type inside itself", "give it a name of its own")
            case Ref(name):
                return self._opened(self.defs[name])
            case Union(branches):
                return normal.union(*map(self._opened, branches))
            case _:
                return t

    def _named(
        self,
        name: str,
        key: _Key,
        at: _Place,
        read: Callable[[_Place], GType],
        module: str | None,
    ) -> GType:
        """A reference to a definition, which is read when it is met first.

        What has a private name is written out where it stands, unless it is inside itself.
        """
        if key in self._inline:
            return self._inline[key]
        if key in self._known:
            self._again.add(self._known[key])
            return Ref(self._known[key])
        own, count = name, 1
        while own in self.defs:
            count += 1
            own = f"{name}_{count}"
        self._known[key] = own
        self.defs[own] = Any()
        self._open.add(own)
        path = at.path if name.startswith("_") else own
        made = self.defs[own] = read(_Place(path, module, at.scope, at.depth + 1))
        self._open.discard(own)
        if name.startswith("_") and own not in self._again:
            del self.defs[own], self._known[key]
            self._inline[key] = made
            return made
        return Ref(own)

    def _instance(self, a: object, args: tuple[GType, ...]) -> str:
        name = getattr(a, "__name__", shown(a))
        return f"{name}<{', '.join(map(show, args))}>" if args else name

    def _alias(self, a: object, origin: object, at: _Place) -> GType:
        alias = typing.cast(typing_extensions.TypeAliasType, origin or a)
        args = tuple(self._read(arg, at.inside("")) for arg in typing.get_args(a))
        scope: dict[object, GType] = dict(zip(alias.__type_params__, args, strict=False))
        return self._named(
            self._instance(alias, args), (alias, args), replace(at, scope=scope),
            lambda p: self._resolved(alias.__value__, p), alias.__module__,
        )  # fmt: skip

    def _container(self, a: object, kind: object, args: tuple[object, ...], at: _Place) -> GType:
        if kind in leaves.LISTS or kind in leaves.SETS:
            item = self._read(args[0], at.inside("[]")) if args else Any()
            return Array(item, unique=kind in leaves.SETS)
        if kind is tuple:
            return self._tuple(a, args, at)
        if kind in leaves.MAPS:
            return self._map(a, args, at)
        if isinstance(kind, type):
            return self._class(a, kind, args, at)
        return self._no_type(a, at)

    def _no_type(self, a: object, at: _Place) -> GType:
        if leaves.named_url(a):
            return self._refuse(a, at, "is a URL of some schemes", leaves.INSTEAD[pydantic.HttpUrl])
        known = leaves.INSTEAD.get(a) if isinstance(a, type) else None
        return self._refuse(
            a, at, "is no type of JSON data",
            known or "write a TypedDict, a dataclass or a pydantic model",
        )  # fmt: skip

    def _tuple(self, a: object, args: tuple[object, ...], at: _Place) -> GType:
        if a is tuple or a is typing.Tuple:  # noqa: UP006 — this is what people write
            return Array(Any())
        if len(args) == 2 and args[1] is Ellipsis:
            return Array(self._read(args[0], at.inside("[]")))
        return Tuple(tuple(self._read(x, at.inside(f"[{i}]")) for i, x in enumerate(args)))

    def _map(self, a: object, args: tuple[object, ...], at: _Place) -> GType:
        if not args:
            return Object((), Any())
        if self._read(args[0], at.inside("{}")) != String():
            return self._refuse(
                a, at, "has keys that are not any string",
                "write `dict[str, …]`, or a TypedDict where the keys are known",
            )  # fmt: skip
        return normal.object_((), self._read(args[1], at.inside("{}")))

    def _class(self, a: object, cls: type, args: tuple[object, ...], at: _Place) -> GType:
        if issubclass(cls, enum.Enum):
            return self._named(
                cls.__name__, (cls, ()), at, lambda p: self._enum(cls, p), cls.__module__
            )
        if records.is_named_tuple(cls):
            return self._record(cls, args, at, self._named_tuple)
        if records.is_model(cls):
            return self._record(cls, args, at, self._model)
        if records.is_typed_dict(cls):
            return self._record(cls, args, at, self._typed_dict)
        if is_dataclass(cls):
            return self._record(cls, args, at, self._data_class)
        return self._no_type(a, at)

    def _record(
        self,
        cls: type,
        args: tuple[object, ...],
        at: _Place,
        read: Callable[[type, _Place], GType],
    ) -> GType:
        given = tuple(self._read(arg, at.inside("")) for arg in args)
        scope = self._parameters(cls, given, at)

        def inner(place: _Place) -> GType:
            try:
                return read(cls, replace(place, scope=scope))
            except NameError as error:
                return self._unknown_name(cls, place, error)

        name = _model_name(cls) or self._instance(cls, given)
        return self._named(name, (cls, given), at, inner, cls.__module__)

    def _parameters(self, cls: type, given: tuple[GType, ...], at: _Place) -> Scope:
        """What the type parameters of a class and its bases stand for."""
        own = getattr(cls, "__parameters__", ())
        scope: dict[object, GType] = dict(zip(own, given, strict=False))
        if not records.is_model(cls):
            self._inherit(cls, scope, scope, at)
        return scope

    def _inherit(self, cls: type, scope: Scope, into: dict[object, GType], at: _Place) -> None:
        for base in (
            types.get_original_bases(cls)
            if hasattr(types, "get_original_bases")
            else (cls.__dict__.get("__orig_bases__", ()))
        ):
            origin = typing.get_origin(base)
            if not isinstance(origin, type) or origin is typing.Generic:
                continue
            params = getattr(origin, "__parameters__", ())
            read = [self._read(arg, replace(at, scope=scope)) for arg in typing.get_args(base)]
            above = dict(zip(params, read, strict=False))
            for param, t in above.items():
                if into.setdefault(param, t) != t:
                    raise RefusedError(
                        f"uses the parameter `{param}` for two things in its bases",
                        "give each class a TypeVar of its own",
                    )
            self._inherit(origin, above, into, at)

    def _enum(self, cls: type[enum.Enum], at: _Place) -> GType:
        if issubclass(cls, enum.Flag):
            raise RefusedError("is a set of flags", "write a list of the names, or `int`")
        return normal.union(*(self._literal(cls, one, at) for one in cls))

    def _typed_dict(self, cls: type, at: _Place) -> GType:
        return self._object(records.typed_dict(cls, self._names), at)

    def _data_class(self, cls: type, at: _Place) -> GType:
        return self._object(records.data_class(cls, self._names), at)

    def _model(self, cls: type[pydantic.BaseModel], at: _Place) -> GType:
        if issubclass(cls, pydantic.RootModel):
            info = cls.model_fields["root"]
            said = constraints.gather((info,))
            return self._narrowed(self._read(info.annotation, at), said, at)
        return self._object(records.model(cls, self._names), at)

    def _named_tuple(self, cls: type, at: _Place) -> GType:
        """A tuple; fields with a default may be left off its end."""
        hints = records.hints(cls, self._names)
        names: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
        items = [
            self._read(hints.get(name, object), at.inside(f"[{place}]"))
            for place, name in enumerate(names)
        ]
        fixed = len(items) - len(cls._field_defaults)  # type: ignore[attr-defined]
        return normal.union(*(Tuple(tuple(items[:n])) for n in range(fixed, len(items) + 1)))

    def _object(self, record: records.Record, at: _Place) -> GType:
        self._notes.extend(Note(at.path, text) for text in record.notes)
        made = [self._field(part, at.inside(f".{part.name}")) for part in record.parts]
        rest = None
        if record.rest is not records.NOTHING:
            rest = self._resolved(record.rest, at.inside(".*"))
        try:
            return normal.object_(made, rest)
        except ValueError:
            raise RefusedError(
                "has two fields of one name", "give each field an alias of its own"
            ) from None

    def _field(self, part: records.Part, at: _Place) -> Field:
        here = replace(at, is_field=True)
        try:
            said = constraints.gather(part.metadata)
            t = self._narrowed(self._read(part.annotation, here), said, at)
        except RefusedError as refused:
            self._refuse(part.annotation, at, refused.reason, refused.help)
            return Field(part.name, Any())
        secret = said.secret or _is_secret(part.annotation)
        if part.unwritten:
            self._notes.append(Note(at.path, "the default is filled by Python alone"))
        given = part.default is not records.NOTHING
        if self._built and (given or part.unwritten):
            return Field(part.name, t, True, None, secret, said.doc)
        default = Default(frozen(part.default)) if given else None
        made = Field(part.name, t, part.required, default, secret, said.doc)
        if default is not None:
            self._defaults.append((made, at.path))
        return made


def _called(annotation: object) -> str:
    named = getattr(annotation, "__name__", None)
    return named if isinstance(named, str) else "the annotation"


def _with_required(t: Object, tag: str) -> Object:
    own = t.field(tag)
    if own is None:
        raise RefusedError(
            f"is told apart by `{tag}`, under another name in JSON",
            "give its branches public names",
        )
    told = replace(own, required=True, default=None)
    return normal.object_((*(f for f in t.fields if f is not own), told), t.rest)


def _is_secret(annotation: object) -> bool:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return any(map(_is_secret, typing.get_args(annotation)))
    return isinstance(annotation, type) and issubclass(annotation, leaves.SECRETS)


def _model_name(cls: type) -> str | None:
    return cls.__name__.replace("[", "<").replace("]", ">") if records.is_model(cls) else None
