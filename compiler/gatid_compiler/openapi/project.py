"""An OpenAPI document as the files of a `.gati` project, and what they do not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.declared import declaration, documentation, pretty
from gatid_compiler.gtypes.normal import object_
from gatid_compiler.openapi.lookup import root
from gatid_compiler.openapi.names import Names, plain
from gatid_compiler.openapi.notes import Note, Notes
from gatid_compiler.openapi.operations import Operations
from gatid_compiler.openapi.paths import plain_path
from gatid_compiler.openapi.schemas import Schemas
from gatid_compiler.openapi.security import NONE, Security
from gatid_compiler.openapi.stubs import stubs
from gatid_compiler.openapi.written import Written
from gatid_compiler.passes.builtin_types import RESERVED

if TYPE_CHECKING:
    from gatid_compiler.openapi.load import Node
    from gatid_compiler.openapi.routes import Route

_WHERE = ("params", "query", "headers", "cookies")


@dataclass(frozen=True, slots=True)
class Project:
    """Texts by their paths below the project's folder, and what was left out or changed.

    `exact` has types that the texts call `any` for want of words, by their names; only a project
    that is compared has some.
    """

    files: Mapping[str, str]
    notes: tuple[Note, ...]
    exact: Mapping[str, model.GType]


def project(document: Node, *, compared: bool = False) -> Project:
    """The project that an OpenAPI document (3.0 or 3.1) describes.

    One that is only `compared` with another says more of what clients see, and cannot be served:
    forms and other media are read as JSON of their schemas, and of requests the fields that are
    not declared are refused, since a field that is gone is no longer heeded.
    """
    return _Import(document, compared).project()


class _Import:
    def __init__(self, document: Node, compared: bool) -> None:
        self._compared = compared
        self._document = document
        self._notes = Notes()
        names = Names(frozenset(RESERVED))
        self._schemas = Schemas(document, names, self._notes, compared=compared)
        self._security = Security(document, Names(), self._notes)
        for word in ("webhooks",):
            if document.get(word):
                self._notes.add(f"/{word}", "is not supported yet; left out")

    def project(self) -> Project:
        document = self._document
        overall: tuple[str, ...] = NONE
        if "security" in document:
            overall = self._security.statements(document["security"], "/security")
        operations = Operations(
            document, self._schemas, self._security, self._notes, any_media=self._compared
        )
        routes = list(operations.all())
        # Components that no operation uses are still declared.
        for name in document.get("components", {}).get("schemas") or {}:
            self._schemas.declare(root() / "components" / "schemas" / name)
        self._schemas.read_definitions()
        written = Written(self._schemas, self._notes, closed=self._compared)
        prefix = self._prefix()
        # A group's own path has no slash at its end.
        whole = any(route.path == "/" for route in routes)
        texts = [self._route(route, written, prefix if whole else "") for route in routes]
        defs = written.definitions()
        files = {
            "app.gati": self._app(overall, bool(defs)),
            "routes.gati": "\n".join(texts) if whole else _grouped(texts, prefix),
            **{f"keys/{p.name}.txt": _KEYS for p in self._security.used()},
            **stubs(routes),
        }
        if defs:
            files["types.gati"] = self._types(defs)
        return Project(dict(sorted(files.items())), self._notes.all(), written.exact)

    def _app(self, overall: tuple[str, ...], types: bool) -> str:
        info = self._document.get("info") or {}
        title = str(info.get("title") or "api")
        lines = [f"# {title.splitlines()[0]}\n" if title.strip() else ""]
        lines += ['include "types.gati"\n'] if types else []
        lines += ['include "routes.gati"\n\n', f"app {plain(title).lower() or 'api'} {{\n"]
        lines += ['  listen "127.0.0.1:8080"\n', *(f"  {said}\n" for said in overall), "}\n"]
        lines += [f"\n{policy.text()}" for policy in self._security.used()]
        return "".join(lines)

    def _prefix(self) -> str:
        """The path of the server's address, without a slash at its end."""
        servers = self._document.get("servers") or []
        for index in range(1, len(servers)):
            self._notes.add(f"/servers/{index}", "only the first server's path is read")
        prefix = ""
        if servers and isinstance(servers[0], dict):
            url = str(servers[0].get("url", ""))
            for name, said in (servers[0].get("variables") or {}).items():
                url = url.replace(f"{{{name}}}", str(said.get("default", "")))
            prefix = _path_of(url).rstrip("/")
            if prefix and (not prefix.startswith("/") or not plain_path(prefix)):
                self._notes.add("/servers/0/url", "its path cannot be written; left out")
                prefix = ""
        return prefix

    def _types(self, defs: Mapping[str, model.GType]) -> str:
        docs = self._schemas.docs
        return "\n".join(declaration(n, defs[n], docs.get(n, "")) for n in sorted(defs))

    def _route(self, route: Route, written: Written, prefix: str) -> str:
        head = f"route {route.name} {route.method} {prefix}{route.path} {{\n"
        lines = [documentation(route.doc), head]
        lines += [f"  {said}\n" for said in route.policy]
        for where in _WHERE:
            fields = [
                written.parameter(p.field, p.pointer, lists=where != "params")
                for p in route.parameters
                if p.where == where
            ]
            if fields:
                lines.append(f"  {where} {pretty(object_(fields), '  ')}\n")
        if route.body is not None:
            body = written.body(route.body, route.pointer + "/requestBody")
            lines.append(f"  body {pretty(body, '  ')}\n")
        said = []
        for answer in route.answers:
            text = str(answer.status)
            if answer.type is not None:
                t = written.of(answer.type, f"{route.pointer}/responses/{text}")
                text += f" {pretty(t, '    ')}"
            said.append(text)
        lines.append(f"  returns {', '.join(said)}\n")
        for answer in route.answers:
            headers = [written.parameter(h.field, h.pointer, lists=True) for h in answer.headers]
            if headers:
                lines.append(f"  answers {answer.status} {pretty(object_(headers), '  ')}\n")
        lines.append(f"  handler handlers.{route.module}:{route.function}\n}}\n")
        return "".join(lines)


def _grouped(routes: list[str], prefix: str) -> str:
    inside = "\n".join(routes)
    if not prefix or not routes:
        return inside
    lines = [f"  {line}" if line else line for line in inside.split("\n")]
    return f"group {prefix} {{\n" + "\n".join(lines).rstrip() + "\n}\n"


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # no address at all, such as one with half a bracket
        return ""


_KEYS = "# One key a line: NAME sha256:HEX ROLE ROLE … (`gatid key new NAME` makes one)\n"
