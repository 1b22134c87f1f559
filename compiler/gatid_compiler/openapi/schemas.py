"""The schemas of an OpenAPI document as types.

What no type can say is noted and left out; then the type holds more than the schema. A schema
with `readOnly` or `writeOnly` parts is two types, one for requests and one for answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.json_schema.document import Document, Place
from gatid_compiler.gtypes.json_schema.formats import known
from gatid_compiler.gtypes.json_schema.kinds import joined
from gatid_compiler.gtypes.json_schema.read import Reader
from gatid_compiler.gtypes.json_schema.unsupported import Unsupported
from gatid_compiler.gtypes.literals import frozen
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.openapi.marks import Marks

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.words import Node
    from gatid_compiler.openapi.names import Names
    from gatid_compiler.openapi.notes import Notes

Side = Literal["request", "answer"]


class Schemas(Reader):
    """Reads schemas into types with documentation and defaults."""

    def __init__(
        self, document: Node, names: Names, notes: Notes, *, compared: bool = False
    ) -> None:
        self._always_sided = compared
        self.inputs: set[str] = set()
        opened = Document(document)
        # Beside a reference nothing counts in 3.0.
        opened.old = document["openapi"].startswith("3.0")
        super().__init__(opened, "assert", self._note, exact=False)
        self._unique = names
        self._notes = notes
        self._side: Side = "answer"
        self._marks = Marks(opened)
        self._given: dict[tuple[str, Side | None], str] = {}
        self._waiting: list[tuple[str, Place, Side]] = []
        self.docs: dict[str, str] = {}
        self.pointers: dict[str, str] = {}

    def type_at(self, place: Place, side: Side) -> model.GType:
        """The type of the schema at the place, as it is sent that way."""
        self._side = side
        return self.read(self.document.at(place.pointer), place)

    def named(self, place: Place) -> model.Ref:
        """A reference by the schema's own name; `…Input` for requests where that differs."""
        sided = self._always_sided or self._marks.differ(place.pointer)
        side = self._side if sided else None
        name = self._given.get((place.pointer, side))
        if name is None:
            last = place.pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            name = self._unique.unique(last + ("Input" if side == "request" else ""), "Type")
            self._given[place.pointer, side] = name
            if side == "request":
                self.inputs.add(name)
            self._waiting.append((name, place, self._side))
        return model.Ref(name)

    def declare(self, place: Place) -> None:
        """Take in a schema that no operation may name."""
        self._side = "answer"
        self.named(place)

    def read_definitions(self) -> None:
        """Everything that was referred to, and what that refers to."""
        while self._waiting:
            name, place, side = self._waiting.pop()
            schema = self.document.at(place.pointer)
            self.docs[name] = _doc(schema)
            self.pointers[name] = place.pointer
            self.system.defs[name] = self.type_at(place, side)

    def read(self, schema: Any, place: Place) -> model.GType:
        """The type of one schema; formats and discriminators as OpenAPI has them."""
        if isinstance(schema, dict):
            name = schema.get("format")
            if isinstance(name, str) and "$ref" not in schema and not known(name):
                self._notes.add(f"{place.pointer}/format", f"`{name}` says nothing here")
            for word in ("xml", "x-nullable"):
                if word in schema:
                    self._notes.add(f"{place.pointer}/{word}", "is not read")
        t = self._tolerant(schema, place)
        return joined((t, model.Null())) if self._nullable(schema) else t

    def _tolerant(self, schema: Any, place: Place) -> model.GType:
        """The type of a schema without the keywords that say nothing that can be read."""
        try:
            return super().read(schema, place)
        except Unsupported as error:
            self._note(error)
            if isinstance(schema, dict) and error.pointer == (place / error.keyword).pointer:
                left = {word: said for word, said in schema.items() if word != error.keyword}
                if len(left) < len(schema):
                    return self._tolerant(left, place)
            return model.Any()

    def _nullable(self, schema: Any) -> bool:
        """Written beside `anyOf` and its like, where many write it; 3.0 asks for a `type`."""
        if not self.document.old or not isinstance(schema, dict) or "$ref" in schema:
            return False
        return schema.get("nullable") is True and "type" not in schema

    def field(
        self, name: str, t: model.GType, required: bool, schema: object, place: Place
    ) -> model.Field:
        """A field with its documentation, and its default where it can have one."""
        if not isinstance(schema, dict):
            return model.Field(name, t, required)
        hidden = "readOnly" if self._side == "request" else "writeOnly"
        required = required and schema.get(hidden) is not True
        default = schema.get("default")
        given = None
        if "default" in schema and not required:
            given = model.Default(frozen(default))
        secret = schema.get("format") == "password"
        return model.Field(name, t, required, given, secret, _doc(schema))

    def _one_of(self, schema: Node, place: Place) -> model.GType:
        """Branches told apart by the discriminator, where there is one."""
        told = schema.get("discriminator")
        if not isinstance(told, dict) or not isinstance(told.get("propertyName"), str):
            return super()._one_of(schema, place)
        mapping = told.get("mapping", {})
        branches: list[model.GType] = []
        for index, branch in enumerate(schema["oneOf"]):
            below = place / "oneOf" / index
            t = self.read(branch, below)
            reference = branch.get("$ref") if isinstance(branch, dict) else None
            if not isinstance(reference, str):
                return super()._one_of(schema, place)
            last = reference.rpartition("/")[2]
            words = [w for w, target in mapping.items() if target in (reference, last)] or [last]
            kind = model.Field(told["propertyName"], _enum(words))
            branches.append(self.system.all_of((t, object_((kind,), model.Any()))))
        return self.system.one_of(tuple(branches), (place / "oneOf").pointer)

    def _note(self, error: Unsupported) -> None:
        what = "read as `anyOf`" if error.keyword == "oneOf" else "left out"
        self._notes.add(error.pointer, f"`{error.keyword}`: {error.reason}; {what}")


def _enum(words: list[str]) -> model.GType:
    literals = tuple(model.Literal(w) for w in words)
    return literals[0] if len(literals) == 1 else model.Union(literals)


def _doc(schema: Any) -> str:
    """The description, else the title, in the first paragraph's words."""
    if not isinstance(schema, dict):
        return ""
    text = schema.get("description") or schema.get("title") or ""
    return str(text).strip().split("\n\n")[0] if isinstance(text, str) else ""
