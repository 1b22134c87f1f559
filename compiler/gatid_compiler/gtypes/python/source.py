"""GTypes as Python source: TypedDicts and aliases that read back as the same types.

What `typing`, `annotated_types` and pydantic have a word for is written with it; the rest
with the markers of this package.
"""

from __future__ import annotations

import builtins
import keyword
import re

from gatid_compiler.gtypes.literals import fresh
from gatid_compiler.gtypes.model import (
    Any,
    Array,
    Bool,
    Bytes,
    Field,
    Format,
    GType,
    Int,
    Intersection,
    Literal,
    Never,
    Null,
    Number,
    Object,
    Ref,
    Scalar,
    Schema,
    String,
    Tuple,
    Union,
)
from gatid_compiler.gtypes.python import whole
from gatid_compiler.gtypes.shape import has_words

_SCALARS = {
    Scalar.UUID: ("UUID",),
    Scalar.EMAIL: ("EmailStr",),
    Scalar.URL: ("AnyUrl",),
    Scalar.DATE: ("date",),
    Scalar.TIME: ("time",),
    Scalar.DATETIME: ("datetime",),
    Scalar.DURATION: ("timedelta",),
    Scalar.DECIMAL: ("Decimal",),
    Scalar.IP: ("IPv4Address", "IPv6Address"),
}
_HOMES = {
    "re": "",
    "datetime": "datetime",
    "date": "datetime",
    "time": "datetime",
    "timedelta": "datetime",
    "Decimal": "decimal",
    "IPv4Address": "ipaddress",
    "IPv6Address": "ipaddress",
    "Annotated": "typing",
    "Any": "typing",
    "Literal": "typing",
    "Never": "typing",
    "UUID": "uuid",
    "Ge": "annotated_types",
    "Le": "annotated_types",
    "MaxLen": "annotated_types",
    "MinLen": "annotated_types",
    "MultipleOf": "annotated_types",
    "AnyUrl": "pydantic",
    "EmailStr": "pydantic",
    "Field": "pydantic",
    "StringConstraints": "pydantic",
    "Doc": "typing_extensions",
    "NotRequired": "typing_extensions",
    "TypeAliasType": "typing_extensions",
    "TypedDict": "typing_extensions",
    "Also": "gatid_compiler.gtypes.python",
    "Matches": "gatid_compiler.gtypes.python",
    "Secret": "gatid_compiler.gtypes.python",
    "Unique": "gatid_compiler.gtypes.python",
}
"""Where each name that may be written comes from; the order is that of the imports."""

_TAKEN = frozenset((*_HOMES, *vars(builtins), *keyword.kwlist, *keyword.softkwlist, "annotations"))


def to_python(schema: Schema, name: str = "Root") -> str:
    """Source text of a module with the type under `name`, and with every definition.

    Objects become closed TypedDicts, other named types `TypeAliasType`s. `extract` of the
    name in that module gives a type of the same fingerprint. Raises `ValueError` for what only
    JSON Schema has: kinds of keys, numbers of them, tuples that go on.
    """
    if not all(map(has_words, (schema.root, *schema.defs.values()))):
        raise ValueError("Python has no type for what the keys are, or for the places")
    return _Writer(schema).module(name)


class _Writer:
    """One module, as it is written."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._used: set[str] = set()
        self._names: dict[str, str] = {}
        self._objects: dict[Object, str] = {}
        self._blocks: list[str] = []
        self._free: set[str] = set()

    def module(self, name: str) -> str:
        root = self._schema.root
        own = self._fresh(name) if not (isinstance(root, Ref) and root.name == name) else None
        for key in self._schema.defs:
            self._names[key] = self._fresh(key)
        for key, t in self._schema.defs.items():
            self._define(self._names[key], t)
        if own is not None:
            self._define(own, root)
        return "\n".join((self._imports(), *self._blocks))

    def _fresh(self, wanted: str) -> str:
        private = "_" if wanted.startswith("_") and wanted not in self._schema.defs else ""
        plain = re.sub(r"\W+", "_", wanted, flags=re.ASCII).strip("_") or "Type"
        plain = f"{private}Type_{plain}" if plain[0].isdigit() else f"{private}{plain}"
        made, count = plain, 1
        while made in _TAKEN or made in self._free:
            count += 1
            made = f"{plain}_{count}"
        self._free.add(made)
        return made

    def _use(self, name: str) -> str:
        self._used.add(name)
        return name

    def _imports(self) -> str:
        homes: dict[str, list[str]] = {}
        for name, home in _HOMES.items():
            if name in self._used and home:
                homes.setdefault(home, []).append(name)
        lines = ["from __future__ import annotations", ""]
        lines += ["import re"] if "re" in self._used else []
        lines += [f"from {home} import {', '.join(sorted(names))}" for home, names in homes.items()]
        return "\n".join([*lines, ""])

    def _define(self, name: str, t: GType) -> None:
        if isinstance(t, Object) and (t.fields or t.rest is None):
            self._typed_dict(name, t)
            return
        text = self._text(t, name)
        self._use("TypeAliasType")
        self._blocks.append(f'\n{name} = TypeAliasType("{name}", {text!r})\n')

    def _typed_dict(self, name: str, t: Object) -> None:
        lines = {f.name: self._field(f, f"{name}_{f.name}") for f in t.fields}
        self._use("TypedDict")
        closing, ignored = "closed=True", ""
        if t.rest is not None:
            closing = f"extra_items={self._text(t.rest, f'{name}_rest')!r}"
            ignored = "  # type: ignore[{}, unused-ignore]"
        if all(self._is_plain(field) for field in lines):
            body = [f"    {field}: {text}" for field, text in lines.items()] or ["    pass"]
            head = f"class {name}(TypedDict, {closing}):{ignored.format('call-arg')}"
            self._blocks.append("\n".join(["", "", head, *body, ""]))
        else:
            body = [f"        {field!r}: {text!r}," for field, text in lines.items()]
            head = f"{name} = TypedDict({ignored.format('misc')}"
            block = ["", head, f'    "{name}",', "    {", *body, "    },", f"    {closing},", ")"]
            self._blocks.append("\n".join([*block, ""]))

    def _is_plain(self, field: str) -> bool:
        """The name can stand in a class body, and hides nothing that annotations there name."""
        hides = field in _TAKEN or field in self._free
        return bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", field)) and not hides

    def _field(self, f: Field, path: str) -> str:
        base, metadata = self._parts(f.type, path)
        if f.default is not None:
            metadata = [*metadata, f"{self._use('Field')}(default={fresh(f.default.value)!r})"]
        if f.secret:
            metadata = [*metadata, f"{self._use('Secret')}()"]
        if f.doc:
            metadata = [*metadata, f"{self._use('Doc')}({f.doc!r})"]
        text = self._with(base, metadata)
        return text if f.required else f"{self._use('NotRequired')}[{text}]"

    def _text(self, t: GType, path: str) -> str:
        return self._with(*self._parts(t, path))

    def _with(self, base: str, metadata: list[str]) -> str:
        if not metadata:
            return base
        return f"{self._use('Annotated')}[{', '.join((base, *metadata))}]"

    def _parts(self, t: GType, path: str) -> tuple[str, list[str]]:
        """The annotation of a type, and what `Annotated` says beside it."""
        match t:
            case Any():
                return self._use("Any"), []
            case Never():
                return self._use("Never"), []
            case Null():
                return "None", []
            case Bool():
                return "bool", []
            case Int() | Number():
                word = "int" if isinstance(t, Int) else "float"
                return word, self._bounds(("Ge", t.low), ("Le", t.high), ("MultipleOf", t.multiple))
            case String():
                return "str", [*self._lengths(t), *map(self._pattern, t.patterns)]
            case Bytes():
                return "bytes", self._lengths(t)
            case Format(scalar):
                return " | ".join(map(self._use, _SCALARS[scalar])), []
            case Literal(value):
                return f"{self._use('Literal')}[{value!r}]", []
            case Ref(name):
                return self._names[name], []
            case Object():
                return self._object(t, path), []
            case Array():
                unique = [f"{self._use('Unique')}()"] if t.unique else []
                item = self._text(t.item, f"{path}_item")
                return f"list[{item}]", [*self._lengths(t), *unique]
            case Tuple(items):
                texts = [self._text(x, f"{path}_{i}") for i, x in enumerate(items)]
                return f"tuple[{', '.join(texts) or '()'}]", []
            case Union(branches):
                return self._union(branches, path), []
            case Intersection(parts):
                return self._intersection(parts, path)

    def _bounds(self, *bounds: tuple[str, float | None]) -> list[str]:
        return [f"{self._use(word)}({end!r})" for word, end in bounds if end is not None]

    def _lengths(self, t: String | Bytes | Array) -> list[str]:
        return self._bounds(("MinLen", t.low or None), ("MaxLen", t.high))

    def _pattern(self, pattern: str) -> str:
        text = whole.searching(pattern)
        if text is not None:
            return f"{self._use('StringConstraints')}(pattern={text!r})"
        text = whole.compiled(pattern)
        if text is not None:
            made = f"{self._use('re')}.compile({text!r}, re.ASCII)"
            return f"{self._use('StringConstraints')}(pattern={made})"
        return f"{self._use('Matches')}({pattern!r})"

    def _object(self, t: Object, path: str) -> str:
        if not t.fields and t.rest is not None:
            return f"dict[str, {self._text(t.rest, f'{path}_rest')}]"
        if t not in self._objects:
            # A private class is read as the object itself, and not as a name for it.
            self._objects[t] = self._fresh(f"_{path.lstrip('_')}")
            self._define(self._objects[t], t)
        return self._objects[t]

    def _union(self, branches: tuple[GType, ...], path: str) -> str:
        literals = [repr(b.value) for b in branches if isinstance(b, Literal)]
        others = [b for b in branches if not isinstance(b, Literal)]
        texts = [f"{self._use('Literal')}[{', '.join(literals)}]"] if literals else []
        texts += [self._text(b, f"{path}_{i}") for i, b in enumerate(others, 1)]
        return " | ".join(texts)

    def _intersection(self, parts: tuple[GType, ...], path: str) -> tuple[str, list[str]]:
        """The first part, the others beside it as text, which may name what comes later."""
        first, *others = (self._text(p, f"{path}_{i}") for i, p in enumerate(parts, 1))
        also = [f"{self._use('Also')}({text!r})" for text in others]
        return first, also
