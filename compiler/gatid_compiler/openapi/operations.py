"""Paths and their operations as routes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes import model
from gatid_compiler.openapi.lookup import found, root
from gatid_compiler.openapi.names import Names, plain
from gatid_compiler.openapi.paths import read_path, surrounded
from gatid_compiler.openapi.routes import Answer, Parameter, Route
from gatid_compiler.passes.settings import HEADER_NAME
from gatid_compiler.plan import OWN_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatid_compiler.gtypes.json_schema.document import Place
    from gatid_compiler.openapi.load import Node
    from gatid_compiler.openapi.notes import Notes
    from gatid_compiler.openapi.paths import Path
    from gatid_compiler.openapi.schemas import Schemas, Side
    from gatid_compiler.openapi.security import Security

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_PLACES = {"path": "params", "query": "query", "header": "headers", "cookie": "cookies"}
_IGNORED = ("accept", "content-type", "authorization")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json(?:;.*)?|\*/\*|application/\*", re.IGNORECASE)


class Operations:
    """Reads the operations of one document."""

    def __init__(
        self,
        document: Node,
        schemas: Schemas,
        security: Security,
        notes: Notes,
        *,
        any_media: bool = False,
    ) -> None:
        self._any_media = any_media
        self._document = document
        self._schemas = schemas
        self._security = security
        self._notes = notes
        self._names = Names()
        self._functions: dict[str, Names] = {}
        self._taken: dict[tuple[str, str], str] = {}
        self._shared: frozenset[str] = frozenset()

    def all(self) -> Iterator[Route]:
        """Every operation that can be a route, in the order of the document."""
        paths = self._document.get("paths") or {}
        self._shared = _shared_ids(paths)
        for path, item in paths.items():
            if path.startswith("x-"):
                continue
            place = root() / "paths" / path
            item, place = found(self._schemas.document, item, place, self._notes)
            if "trace" in item:
                self._notes.add((place / "trace").pointer, "there is no method TRACE; left out")
            for method in METHODS:
                if method in item:
                    yield from self._route(path, method, item, place)

    def _route(self, path: str, method: str, item: Node, place: Place) -> Iterator[Route]:
        at = place / method
        operation = item[method]
        if not isinstance(operation, dict):
            self._notes.add(at.pointer, "an object is wanted here; left out")
            return
        written = read_path(path)
        if written is None:
            self._notes.add(place.pointer, "no path of a route can be written so; left out")
            return
        other = self._taken.setdefault((method, written.form), path)
        if other != path:
            what = f"{method.upper()} {other} matches the same requests; left out"
            self._notes.add(at.pointer, what)
            return
        for called, text in written.around.items():
            what = f"a parameter takes a whole segment: `{called}` is read with the text around it"
            self._notes.add(place.pointer, f"{what}, `{text}`")
        for word in ("callbacks", "deprecated", "servers"):
            if operation.get(word):
                self._notes.add((at / word).pointer, "is not supported yet; left out")
        name = self._name(operation, method, path, at)
        tags = operation.get("tags") or ["root"]
        module = plain(str(tags[0])).lower() or "root"
        function = self._functions.setdefault(module, Names()).unique(name, method)
        route = Route(
            name, method.upper(), written.text, at.pointer, _doc(operation), module, function
        )
        if "security" in operation:
            pointer = (at / "security").pointer
            route.policy = self._security.statements(operation["security"], pointer)
        route.parameters = self._parameters(item, operation, place, at, written)
        route.body = self._body(operation, at, method)
        route.answers = list(self._answers(operation, at))
        yield route

    def _name(self, operation: Node, method: str, path: str, at: Place) -> str:
        """By its `operationId`, unless another operation has the same: which of the two comes
        first in the document would then say what a route is called.
        """
        said = operation.get("operationId")
        if said not in self._shared:
            return self._names.unique(str(said or f"{method} {path}"), method)
        name = self._names.unique(f"{method} {path}", method)
        what = f"`{said}` is the id of several operations; this one is called `{name}`"
        self._notes.add((at / "operationId").pointer, what)
        return name

    def _parameters(
        self, item: Node, operation: Node, place: Place, at: Place, path: Path
    ) -> list[Parameter]:
        chosen: dict[tuple[str, str], Parameter] = {}
        for holder, where in ((item, place), (operation, at)):
            for index, said in enumerate(holder.get("parameters") or []):
                spot = where / "parameters" / index
                said, spot = found(self._schemas.document, said, spot, self._notes)
                kind, name = said.get("in"), said.get("name")
                if kind not in _PLACES or not isinstance(name, str):
                    if said:
                        self._notes.add(spot.pointer, "no place is given; left out")
                    continue
                if kind == "header" and name.lower() in _IGNORED:
                    continue
                if kind in ("header", "cookie") and not HEADER_NAME.fullmatch(name):
                    self._notes.add(spot.pointer, f"no {kind} can be called `{name}`; left out")
                    continue
                if kind == "path" and name not in path.names:
                    self._notes.add(spot.pointer, f"the path has no `{name}`; left out")
                    continue
                called = path.names[name] if kind == "path" else name
                key = (kind, name.lower() if kind == "header" else called)
                field = self._parameter(said, spot, called)
                if kind == "path" and called in path.around:
                    field = surrounded(field, path.around[called])
                chosen[key] = Parameter(_PLACES[kind], field, spot.pointer)
        for called in path.parameters:
            if ("path", called) not in chosen:
                self._notes.add(at.pointer, f"`{called}` of the path is not declared; any text is")
                field = model.Field(called, model.String())
                if called in path.around:
                    field = surrounded(field, path.around[called])
                chosen["path", called] = Parameter("params", field, at.pointer)
        return list(chosen.values())

    def _parameter(
        self, said: Node, place: Place, name: str, side: Side = "request"
    ) -> model.Field:
        required = said.get("required") is True or said.get("in") == "path"
        doc = _doc(said)
        schema = said.get("schema", True)
        if "content" in said:
            self._notes.add((place / "content").pointer, "is read as text, not by its media type")
            return model.Field(name, model.String(), required, doc=doc)
        for word in ("allowEmptyValue", "deprecated"):
            if said.get(word):
                self._notes.add((place / word).pointer, "left out")
        if "schema" not in said:
            return model.Field(name, model.String(), required, doc=doc)
        below = place / "schema"
        t = self._schemas.type_at(below, side)
        whole = self._schemas.field(name, t, required, schema, below)
        if self._joined(said):
            self._notes.add(
                (place / "style").pointer if "style" in said else place.pointer,
                "items in one value are read as one string",
            )
            return model.Field(name, model.String(), required, doc=doc)
        return model.Field(name, t, required, whole.default, whole.secret, doc or whole.doc)

    def _joined(self, said: Node) -> bool:
        """An array whose items stand in one value, as `a,b`."""
        schema: Any = said.get("schema")
        if isinstance(schema, dict) and "$ref" in schema:
            schema, _ = found(self._schemas.document, schema, root(), self._notes)
        kinds = schema.get("type") if isinstance(schema, dict) else None
        if "array" not in (kinds if isinstance(kinds, list) else [kinds]):
            return False
        form = said.get("in") in ("query", "cookie")
        style = said.get("style", "form" if form else "simple")
        return style != "form" or said.get("explode", True) is False

    def _body(self, operation: Node, at: Place, method: str) -> model.GType | None:
        if "requestBody" not in operation:
            return None
        place = at / "requestBody"
        if method in ("get", "head"):
            self._notes.add(place.pointer, f"{method.upper()} has no body; left out")
            return None
        body, place = found(self._schemas.document, operation["requestBody"], place, self._notes)
        if body and body.get("required") is not True:
            self._notes.add(place.pointer, "the body is optional; here it is required")
        return self._content(body, place, "request")

    def _content(self, holder: Node, place: Place, side: Side) -> model.GType | None:
        content = holder.get("content") or {}
        chosen = next((media for media in content if _JSON.fullmatch(media)), None)
        if chosen is None and self._any_media:
            chosen = next((m for m in content if _has_schema(content[m])), None)
        others = ", ".join(f"`{media}`" for media in content if media != chosen)
        spot = place / "content"
        if chosen is None:
            if content:
                self._notes.add(spot.pointer, f"{others}: read and answered as `bytes`")
            return model.Bytes() if content else None
        if others:
            self._notes.add(spot.pointer, f"{others}: left out beside `{chosen}`")
        if not isinstance(content[chosen], dict) or "schema" not in content[chosen]:
            return model.Any()
        return self._schemas.type_at(spot / chosen / "schema", side)

    def _answers(self, operation: Node, at: Place) -> Iterator[Answer]:
        seen: set[int] = set()
        for status, said in (operation.get("responses") or {}).items():
            place = at / "responses" / status
            if status.startswith("x-"):
                continue
            said, place = found(self._schemas.document, said, place, self._notes)
            if status == "default" or re.fullmatch("[1345]XX", status, re.IGNORECASE):
                self._notes.add(
                    place.pointer,
                    f"`{status}`: statuses are named one by one; those from 400 that are not named "
                    "are answered as `Problem`",
                )
                continue
            if status.upper() == "2XX":
                self._notes.add(place.pointer, "a range of statuses is read as 200")
                status = "200"
            if not re.fullmatch("[2-5][0-9][0-9]", status) or int(status) in seen:
                self._notes.add(place.pointer, "no status that can be declared; left out")
                continue
            seen.add(int(status))
            if said.get("links"):
                self._notes.add((place / "links").pointer, "is not supported yet; left out")
            bare = int(status) in (204, 205, 304)
            body = None if bare else self._content(said, place, "answer")
            yield Answer(int(status), body, tuple(self._headers(said, place / "headers")))
        if not any(200 <= status < 300 for status in seen):
            self._notes.add((at / "responses").pointer, "no answer when all is well; 200 is said")
            if 200 not in seen:
                yield Answer(200, None)

    def _headers(self, answer: Node, at: Place) -> Iterator[Parameter]:
        """The headers of an answer. Those that every answer has are not a document's to say."""
        headers = answer.get("headers")
        if headers is not None and not isinstance(headers, dict):
            self._notes.add(at.pointer, "an object is wanted here; left out")
            return
        seen: set[str] = set()
        for name, said in (headers or {}).items():
            spot = at / name
            lower = name.lower()
            if lower in OWN_HEADERS:
                continue
            if not HEADER_NAME.fullmatch(name) or lower in seen:
                self._notes.add(spot.pointer, f"no header can be called `{name}` here; left out")
                continue
            seen.add(lower)
            said, spot = found(self._schemas.document, said, spot, self._notes)
            field = self._parameter(said, spot, name, "answer")
            yield Parameter("answers", replace(field, default=None), spot.pointer)


def _has_schema(media: Any) -> bool:
    return isinstance(media, dict) and "schema" in media


def _doc(holder: Node) -> str:
    """The summary, else the first paragraph of the description."""
    text = holder.get("summary") or holder.get("description") or ""
    return text.strip().split("\n\n")[0] if isinstance(text, str) else ""


def _shared_ids(paths: Node) -> frozenset[str]:
    """The ids that more than one operation has."""
    items = [item for item in paths.values() if isinstance(item, dict)]
    operations = [item[method] for item in items for method in METHODS if method in item]
    ids = Counter(
        o["operationId"] for o in operations if isinstance(o, dict) and "operationId" in o
    )
    return frozenset(said for said, count in ids.items() if count > 1)
