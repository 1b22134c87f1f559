"""JSON Schema to types: what is read holds exactly the values that the schema allows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any as Data

from gatid_compiler.gtypes.json_schema import ecma, words
from gatid_compiler.gtypes.json_schema.arrays import arrays
from gatid_compiler.gtypes.json_schema.constants import constant, plain_field
from gatid_compiler.gtypes.json_schema.document import Document, Place
from gatid_compiler.gtypes.json_schema.formats import Formats, asserted
from gatid_compiler.gtypes.json_schema.kinds import ALL, joined, kind, others
from gatid_compiler.gtypes.json_schema.lazy import System
from gatid_compiler.gtypes.json_schema.numbers import after, before, number
from gatid_compiler.gtypes.json_schema.objects import objects
from gatid_compiler.gtypes.json_schema.solve import Solver
from gatid_compiler.gtypes.json_schema.unevaluated import unevaluated
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.leaves import exact
from gatid_compiler.gtypes.model import (
    Any,
    Field,
    GType,
    Never,
    Null,
    Ref,
    Schema,
    String,
)
from gatid_compiler.gtypes.normal import object_

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.gtypes.json_schema.words import Node


def from_json_schema(doc: Data, formats: Formats = "annotate") -> Schema:
    """The type of the values that a JSON Schema (2020-12, older drafts where they agree) allows.

    `doc` is plain data, an object or a boolean. `format` says nothing unless `formats` is
    `"assert"`. `integer` is `number(multiple 1)`, as 1.0 is an integer there. Annotations,
    `default` among them, are left out. `nullable` beside `type` is read as OpenAPI 3.0 has it.

    Raises:
        Unsupported: no type says exactly what a keyword says; it names the keyword and the place.
    """
    if formats not in ("annotate", "assert"):
        raise ValueError(f"formats `annotate` or `assert`, not {formats!r}")
    return Reader(Document(doc), formats).schema(Place("", ""))


def _raised(error: Unsupported) -> None:
    raise error


class Reader:
    """Reads the schemas of one document; what `$ref` names becomes a definition of that name.

    `refuse` is told of each keyword that no type can say. If it returns, the keyword counts as
    not written. `exact` is as of `Solver`.
    """

    def __init__(
        self,
        document: Document,
        formats: Formats,
        refuse: Callable[[Unsupported], None] = _raised,
        *,
        exact: bool = True,
    ) -> None:
        self.document = document
        self.system = System()
        self.refuse = refuse
        self._formats = formats
        self._exact = exact
        self._names: dict[str, str] = {}
        self._unread: list[tuple[str, Place]] = []

    def schema(self, place: Place) -> Schema:
        """The type of the schema at the place, complete."""
        root = self.read(self.document.at(place.pointer), place)
        self.read_definitions()
        return self.solver().schema(root)

    def read_definitions(self) -> None:
        """Everything that was referred to, and what that refers to."""
        while self._unread:
            name, place = self._unread.pop()
            self.system.defs[name] = self.read(self.document.at(place.pointer), place)

    def solver(self) -> Solver:
        """What works out the types that have been read."""
        return Solver(self.system, self.refuse, exact=self._exact)

    def named(self, place: Place) -> Ref:
        """A reference to the type of the schema at the place."""
        name = self._names.get(place.pointer)
        if name is None:
            name = self._names[place.pointer] = self._name(place)
            self._unread.append((name, place))
        return Ref(name)

    def read(self, schema: Data, place: Place) -> GType:
        """The type of one schema; parts of it may still be open."""
        if isinstance(schema, bool):
            return Any() if schema else Never()
        if not isinstance(schema, dict):
            raise Unsupported(
                place.pointer.rpartition("/")[2],
                place.pointer,
                "a schema must be an object or a boolean",
            )
        place = self.document.placed(place)
        if self.document.old and "$ref" in schema:
            return self._reference(schema, "$ref", place)
        parts = [self._own(schema, place), *self._in_place(schema, place)]
        whole = self.system.all_of(parts)
        if schema.get("nullable") is True and "type" in schema:
            return joined((whole, Null()))
        return whole

    def below(self, schema: Node, word: str, place: Place, default: GType) -> GType:
        """The type of the subschema of a keyword, the default where it is not written."""
        return self.read(schema[word], place / word) if word in schema else default

    def field(self, name: str, t: GType, required: bool, schema: object, place: Place) -> Field:
        """A field of an object; `schema` is what describes it there, if anything does."""
        return Field(name, t, required=required)

    def _own(self, schema: Node, place: Place) -> GType:
        """What `type` and the keywords of each kind allow."""
        kinds, whole_numbers = _types(schema, place)
        found: list[GType] = []
        for name in kinds:
            match name:
                case "number":
                    found.append(self._numbers(schema, place, whole=whole_numbers))
                case "string":
                    found.append(self._strings(schema, place))
                case "array":
                    found.append(arrays(schema, place, self))
                case "object":
                    found.append(objects(schema, place, self))
                case _:
                    found.append(ALL[name])
        return joined(found)

    def _in_place(self, schema: Node, place: Place) -> list[GType]:
        """What the keywords that apply to the value as a whole allow."""
        parts: list[GType] = []
        if "const" in schema:
            parts.append(_constant(schema["const"], "const", place))
        if "enum" in schema:
            listed = words.listed(schema, "enum", place)
            parts.append(joined(_constant(value, "enum", place) for value in listed))
        parts += [
            self._reference(schema, word, place)
            for word in ("$ref", "$dynamicRef")
            if word in schema
        ]
        parts += self._list(schema, "allOf", place)
        if "anyOf" in schema:
            parts.append(joined(self._list(schema, "anyOf", place)))
        if "oneOf" in schema:
            parts.append(self._one_of(schema, place))
        if "not" in schema:
            below = place / "not"
            excluded = self.read(schema["not"], below)
            parts.append(self.system.none_of(excluded, "not", below.pointer))
        if "$recursiveRef" in schema:
            where = (place / "$recursiveRef").pointer
            self.refuse(Unsupported("$recursiveRef", where, "it is of an older draft"))
        if "if" in schema:
            parts.append(self._if(schema, place))
        parts += self._dependent(schema, place)
        parts += unevaluated(schema, place, self)
        if self._formats == "assert":
            parts.append(self._format(schema, place))
        return parts

    def _list(self, schema: Node, word: str, place: Place) -> list[GType]:
        below = place / word
        listed = words.listed(schema, word, place)
        return [self.read(s, below / n) for n, s in enumerate(listed)]

    def _one_of(self, schema: Node, place: Place) -> GType:
        branches = tuple(self._list(schema, "oneOf", place))
        return self.system.one_of(branches, (place / "oneOf").pointer)

    def _if(self, schema: Node, place: Place) -> GType:
        condition = self.read(schema["if"], place / "if")
        then = self.below(schema, "then", place, Any())
        otherwise = self.below(schema, "else", place, Any())
        if then == otherwise == Any():
            return Any()
        fails = self.system.none_of(condition, "if", (place / "if").pointer)
        return joined(
            (self.system.all_of((condition, then)), self.system.all_of((fails, otherwise)))
        )

    def _dependent(self, schema: Node, place: Place) -> list[GType]:
        """`dependentRequired`, `dependentSchemas` and, of older drafts, `dependencies`."""
        found: list[GType] = []
        for word in ("dependentRequired", "dependentSchemas", "dependencies"):
            for key, needed in words.table(schema, word, place).items():
                if isinstance(needed, list):
                    then: GType = object_([Field(n, Any()) for n in {*needed, key}], Any())
                else:
                    present = object_([Field(key, Any())], Any())
                    below = self.read(needed, place / word / key)
                    then = self.system.all_of((present, below))
                absent = object_([plain_field(key, Never())], Any())
                found.append(joined((*others("object"), absent, then)))
        return found

    def _reference(self, schema: Node, word: str, place: Place) -> GType:
        reference = words.text(schema, word, place) or ""
        try:
            if word == "$ref":
                return self.named(self.document.find(reference, place))
            return self.named(self.document.find_dynamic(reference, place))
        except Unsupported as error:
            self.refuse(error)
            return Any()

    def _format(self, schema: Node, place: Place) -> GType:
        name = words.text(schema, "format", place)
        if name is None:
            return Any()
        try:
            held = asserted(name)
        except ValueError as error:
            self.refuse(Unsupported("format", (place / "format").pointer, str(error)))
            return Any()
        return Any() if held is None else joined((*others(kind(held)), held))

    def _numbers(self, schema: Node, place: Place, *, whole: bool) -> GType:
        low = words.number(schema, "minimum", place)
        high = words.number(schema, "maximum", place)
        above = _exclusive(schema, "exclusiveMinimum", place)
        below = _exclusive(schema, "exclusiveMaximum", place)
        if schema.get("exclusiveMinimum") is True:
            low, above = None, low
        if schema.get("exclusiveMaximum") is True:
            high, below = None, high
        lows = [n for n in (low, None if above is None else after(above)) if n is not None]
        highs = [n for n in (high, None if below is None else before(below)) if n is not None]
        step = words.number(schema, "multipleOf", place)
        if step is not None and step <= 0:
            raise Unsupported("multipleOf", (place / "multipleOf").pointer, "it must be above 0")
        multiple = None if step is None else exact(step)
        if whole:
            # A whole multiple of p/q is a multiple of p.
            multiple = exact(1 if multiple is None else multiple.numerator)
        return number(max(lows, default=None), min(highs, default=None), multiple)

    def _strings(self, schema: Node, place: Place) -> GType:
        low = words.count(schema, "minLength", place) or 0
        high = words.count(schema, "maxLength", place)
        if high is not None and low > high:
            return Never()
        pattern = words.text(schema, "pattern", place)
        whole = None
        if pattern is not None:
            try:
                whole = ecma.whole(pattern)
            except ecma.Untranslatable as error:
                self.refuse(Unsupported("pattern", (place / "pattern").pointer, str(error)))
        return String(low, high, () if whole is None else (whole,))

    def _name(self, place: Place) -> str:
        """A name close to the last step of the pointer, or to the root's title."""
        last = place.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        if not place.pointer:
            root = self.document.root
            title = root.get("title") if isinstance(root, dict) else None
            last = title if isinstance(title, str) else "Root"
        plain = re.sub("[^A-Za-z0-9_]+", "_", last).strip("_") or "Type"
        base = plain if not plain[0].isdigit() else f"T{plain}"
        taken = set(self._names.values())
        return next(n for n in _numbered(base) if n not in taken)


def _numbered(base: str) -> list[str]:
    return [base, *(f"{base}_{n}" for n in range(2, 100_000))]


def _constant(value: Data, word: str, place: Place) -> GType:
    try:
        return constant(value)
    except ValueError as error:
        raise Unsupported(word, (place / word).pointer, str(error)) from error


def _exclusive(schema: Node, word: str, place: Place) -> float | None:
    # Until draft 4 these were booleans beside `minimum` and `maximum`, as in OpenAPI 3.0.
    return None if isinstance(schema.get(word), bool) else words.number(schema, word, place)


def _types(schema: Node, place: Place) -> tuple[list[str], bool]:
    """The kinds that `type` allows, and whether of the numbers only whole ones."""
    if "type" not in schema:
        return list(ALL), False
    said = schema["type"]
    listed = said if isinstance(said, list) else [said]
    for name in listed:
        if not isinstance(name, str) or (name not in ALL and name != "integer"):
            raise Unsupported("type", (place / "type").pointer, f"there is no type {name!r}")
    kinds = {"number" if name == "integer" else name for name in listed}
    return [name for name in ALL if name in kinds], "number" not in listed
