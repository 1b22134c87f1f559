"""An OpenAPI document as the files of a `.gati` project, and what they do not say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.declared import declaration, documentation, pretty, unwritable
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.json_schema.kinds import joined
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.gtypes.textual import unreadable
from gatid_compiler.gtypes.validator import validator
from gatid_compiler.openapi.lookup import root
from gatid_compiler.openapi.names import Names, plain
from gatid_compiler.openapi.notes import Note, Notes
from gatid_compiler.openapi.operations import Operations
from gatid_compiler.openapi.schemas import Schemas
from gatid_compiler.openapi.security import NONE, Security
from gatid_compiler.openapi.stubs import stubs
from gatid_compiler.passes.builtin_types import RESERVED

if TYPE_CHECKING:
    from gatid_compiler.gtypes.json_schema.solve import Solver
    from gatid_compiler.openapi.load import Node
    from gatid_compiler.openapi.routes import Route

_WHERE = ("params", "query", "headers", "cookies")


@dataclass(frozen=True, slots=True)
class Project:
    """Texts by their paths below the project's folder, and what was left out or changed."""

    files: Mapping[str, str]
    notes: tuple[Note, ...]


def project(document: Node) -> Project:
    """The project that an OpenAPI document (3.0 or 3.1) describes."""
    return _Import(document).project()


class _Import:
    def __init__(self, document: Node) -> None:
        self._document = document
        self._notes = Notes()
        names = Names(frozenset(RESERVED))
        self._schemas = Schemas(document, names, self._notes)
        self._security = Security(document, Names(), self._notes)
        for word in ("webhooks",):
            if document.get(word):
                self._notes.add(f"/{word}", "is not supported yet; left out")

    def project(self) -> Project:
        document = self._document
        overall: tuple[str, ...] = NONE
        if "security" in document:
            overall = self._security.statements(document["security"], "/security")
        operations = Operations(document, self._schemas, self._security, self._notes)
        routes = list(operations.all())
        # Components that no operation uses are still declared.
        for name in document.get("components", {}).get("schemas") or {}:
            self._schemas.declare(root() / "components" / "schemas" / name)
        self._schemas.read_definitions()
        solver = self._schemas.solver()
        defs = {
            name: self._written(solver.solve(t), self._schemas.pointers[name])
            for name, t in self._schemas.system.defs.items()
        }
        texts = [self._route(route, solver, defs) for route in routes]
        defs |= {n: self._written(t, n) for n, t in solver.defs.items() if n not in defs}
        files = {
            "app.gati": self._app(overall, bool(defs)),
            "routes.gati": self._prefixed(texts),
            **{f"keys/{p.name}.txt": _KEYS for p in self._security.used()},
            **stubs(routes),
        }
        if defs:
            files["types.gati"] = self._types(defs)
        return Project(dict(sorted(files.items())), self._notes.all())

    def _app(self, overall: tuple[str, ...], types: bool) -> str:
        info = self._document.get("info") or {}
        title = str(info.get("title") or "api")
        lines = [f"# {title.splitlines()[0]}\n" if title.strip() else ""]
        lines += ['include "types.gati"\n'] if types else []
        lines += ['include "routes.gati"\n\n', f"app {plain(title).lower() or 'api'} {{\n"]
        lines += ['  listen "127.0.0.1:8080"\n', *(f"  {said}\n" for said in overall), "}\n"]
        lines += [f"\n{policy.text()}" for policy in self._security.used()]
        return "".join(lines)

    def _prefixed(self, routes: list[str]) -> str:
        """The routes, in a group where the server's address has a path."""
        servers = self._document.get("servers") or []
        for index in range(1, len(servers)):
            self._notes.add(f"/servers/{index}", "only the first server's path is read")
        prefix = ""
        if servers and isinstance(servers[0], dict):
            url = str(servers[0].get("url", ""))
            for name, said in (servers[0].get("variables") or {}).items():
                url = url.replace(f"{{{name}}}", str(said.get("default", "")))
            prefix = urlsplit(url).path.strip("/")
            if any(c in prefix for c in '{}%, "'):
                self._notes.add("/servers/0/url", "its path cannot be written; left out")
                prefix = ""
        if not prefix or not routes:
            return "\n".join(routes)
        inside = "\n".join(routes)
        lines = [f"  {line}" if line else line for line in inside.split("\n")]
        return f"group /{prefix} {{\n" + "\n".join(lines).rstrip() + "\n}\n"

    def _types(self, defs: Mapping[str, model.GType]) -> str:
        docs = self._schemas.docs
        return "\n".join(declaration(n, defs[n], docs.get(n, "")) for n in sorted(defs))

    def _route(self, route: Route, solver: Solver, defs: dict[str, model.GType]) -> str:
        lines = [documentation(route.doc), f"route {route.name} {route.method} {route.path} {{\n"]
        lines += [f"  {said}\n" for said in route.policy]
        for where in _WHERE:
            fields = [
                self._parameter(p.field, solver, defs, p.pointer)
                for p in route.parameters
                if p.where == where
            ]
            if fields:
                lines.append(f"  {where} {pretty(object_(fields), '  ')}\n")
        if route.body is not None:
            body = self._written(solver.solve(route.body), route.pointer + "/requestBody")
            lines.append(f"  body {pretty(body, '  ')}\n")
        said = []
        for answer in route.answers:
            text = str(answer.status)
            if answer.type is not None:
                t = self._written(solver.solve(answer.type), f"{route.pointer}/responses/{text}")
                text += f" {pretty(t, '    ')}"
            said.append(text)
        lines.append(f"  returns {', '.join(said)}\n")
        lines.append(f"  handler handlers.{route.module}:{route.function}\n}}\n")
        return "".join(lines)

    def _parameter(
        self, field: model.Field, solver: Solver, defs: dict[str, model.GType], pointer: str
    ) -> model.Field:
        t = self._written(solver.solve(field.type), pointer)
        named = {**solver.defs, **defs}
        reason = unreadable(t, model.Schema(t, named))
        if reason is not None:
            self._notes.add(pointer, f"{reason}; it is read as a string")
            t, field = model.String(), model.Field(field.name, field.type, field.required)
        default = field.default
        if default is not None and not _holds(t, named, default):
            self._notes.add(f"{pointer}/schema/default", "the default is not of the type; left out")
            default = None
        return model.Field(field.name, t, field.required, default, field.secret, field.doc)

    def _written(self, t: model.GType, place: str) -> model.GType:
        """The type without what has no way of being written."""
        if isinstance(t, model.Never):
            self._notes.add(place, "nothing is of this type; written as `any`")
            return model.Any()
        match t:
            case model.Object(fields, rest):
                kept = [self._field(f, place) for f in fields if not self._forbidden(f, place)]
                return object_(kept, None if rest is None else self._written(rest, place))
            case model.Array():
                if isinstance(t.item, model.Never):
                    return t
                return model.Array(self._written(t.item, place), t.low, t.high, t.unique)
            case model.Union(branches):
                return joined(self._written(b, place) for b in branches)
            case _:
                return t

    def _field(self, f: model.Field, place: str) -> model.Field:
        t = self._written(f.type, place)
        default = f.default
        if default is not None and not _holds(t, self._schemas.system.defs, default):
            shown = json.dumps(default.value)
            self._notes.add(
                place, f"the default {shown} of `{f.name}` is not of its type; left out"
            )
            default = None
        return model.Field(f.name, t, f.required, default, f.secret, f.doc)

    def _forbidden(self, f: model.Field, place: str) -> bool:
        if not unwritable(f.type) or not isinstance(f.type, model.Never):
            return False
        self._notes.add(place, f"`{f.name}` may not be there; that cannot be written")
        return True


def _holds(t: model.GType, defs: Mapping[str, model.GType], default: model.Default) -> bool:
    try:
        validator(model.Schema(t, defs)).check(default.value)
    except Invalid:
        return False
    return True


_KEYS = "# One key a line: NAME sha256:HEX ROLE ROLE … (`gatid key new NAME` makes one)\n"
