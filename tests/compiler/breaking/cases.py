"""For every rule a before and an after, as parts of `.gati` projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.pipeline import compile_project
from gatid_compiler.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


TYPES: Mapping[str, tuple[str, str]] = {
    "field-added": ("{ a: int }", "{ a: int, b?: int }"),
    "field-added-required": ("{ a: int }", "{ a: int, b: int }"),
    "field-removed": ("{ a: int, b?: int }", "{ a: int }"),
    "field-removed-required": ("{ a: int, b: int }", "{ a: int }"),
    "field-required": ("{ a?: int }", "{ a: int }"),
    "field-optional": ("{ a: int }", "{ a?: int }"),
    "default-added": ("{ a?: int }", "{ a?: int = 1 }"),
    "default-removed": ("{ a?: bool = true }", "{ a?: bool }"),
    "default-changed": ('{ a?: string = "x" }', '{ a?: string = "y" }'),
    "object-closed": ("{ a: int, ... }", "{ a: int }"),
    "object-opened": ("{ a: int }", "{ a: int, ... }"),
    "type-changed": ("{ a: int }", "{ a: string }"),
    "type-narrowed": ("{ a: any }", "{ a: string }"),
    "type-widened": ("{ a: string }", "{ a: any }"),
    "integer-to-number": ("{ a: int(0..9) }", "{ a: number(0..9) }"),
    "number-to-integer": ("{ a: number(0..9) }", "{ a: int(0..9) }"),
    "nullable-added": ("{ a: int }", "{ a: int | null }"),
    "nullable-removed": ("{ a: int | null }", "{ a: int }"),
    "constant-changed": ('{ a: "x" }', '{ a: "y" }'),
    "enum-narrowed": ('{ a: "x" | "y" | "z" }', '{ a: "x" | "y" }'),
    "enum-widened": ('{ a: "x" | "y" }', '{ a: "x" | "y" | "z" }'),
    "enum-opened": ('{ a: "x" | "y" }', "{ a: string }"),
    "enum-closed": ("{ a: int }", "{ a: 1 | 2 }"),
    "minimum-raised": ("int", "int(3..)"),
    "minimum-lowered": ("number(1..)", "number(0.5..)"),
    "maximum-raised": ("int(..9)", "int(..10)"),
    "maximum-lowered": ("number", "number(..9.5)"),
    "multiple-added": ("int", "int(multiple 5)"),
    "multiple-removed": ("number(multiple 0.1)", "number"),
    "multiple-changed": ("int(multiple 2)", "int(multiple 3)"),
    "length-minimum-raised": ("string", "string(1..)"),
    "length-minimum-lowered": ("string(4)", "string(2..4)"),
    "length-maximum-raised": ("string(..4)", "string(..5)"),
    "length-maximum-lowered": ("string(..9)", "string(..5)"),
    "pattern-added": ("string", "string(pattern '[a-z]+')"),
    "pattern-removed": ("string(pattern '[a-z]+')", "string"),
    "pattern-changed": ("string(pattern '[a-z]+')", "string(pattern '[a-y]+1?')"),
    "format-added": ("string", "Date"),
    "format-removed": ("Uuid", "string"),
    "format-changed": ("Date", "Uuid"),
    "items-minimum-raised": ("int[]", "int[1..]"),
    "items-minimum-lowered": ("int[2]", "int[..2]"),
    "items-maximum-raised": ("int[..2]", "int[..3]"),
    "items-maximum-lowered": ("int[]", "int[..3]"),
    "unique-added": ("int[]", "int[unique]"),
    "unique-removed": ("int[unique]", "int[]"),
    "tuple-length-changed": ("[int, int]", "[int, int, int]"),
    "tuple-to-array": ("[int, int]", "int[]"),
    "array-to-tuple": ("int[]", "[int, int]"),
    "branch-added": (
        '{ kind: "card", last4: string(4) } | { kind: "cash" }',
        '{ kind: "card", last4: string(4) } | { kind: "cash" } | { kind: "invoice", due: Date }',
    ),
    "branch-removed": ("{ a: int | string[] }", "{ a: int }"),
    "discriminator-added": (
        "{ a: int } | { a: int, b: int }",
        '{ kind: "x", a: int } | { kind: "y", a: int, b: int }',
    ),
    "discriminator-removed": (
        '{ kind: "x", a: int } | { kind: "y", b: int }',
        "{ kind?: string, a: int } | { kind?: string, b: int }",
    ),
    "discriminator-changed": (
        '{ kind: "x", a: int } | { kind: "y", b: int }',
        '{ type: "x", a: int } | { type: "y", b: int }',
    ),
}
"""For a rule on types, in a request and in an answer: the type before and after."""

MORE_TYPES: Mapping[str, tuple[str, str]] = {
    "deep": (
        "{ lines: { sku: string, tags: string[] }[] }",
        '{ lines: { sku: string(..9), tags: ("a" | "b")[] }[] }',
    ),
    "map": ("{ ...: int(0..9) }", "{ ...: int(0..5) }"),
    "named": ("Tree", "Leafy"),
    "made up for": ("{ a: int } | { b: int }", "{ b: int } | { a: int }"),
    "never there": ("{ a: int(..9) & int(0..) }", "{ a: int(0..9) }"),
    "branch of a union": (
        '{ kind: "x", a: int } | { kind: "y", b: int }',
        '{ kind: "x", a: int(0..) } | { kind: "y", b: int }',
    ),
    "open already": ("{ a: int, ... }", "{ a: int, b?: int, ... }"),
    "gone into the open": ("{ a: int, b: int }", "{ a: int, ... }"),
    "one pattern inside another": ("string(pattern '[a-c]+')", "string(pattern '[a-z]*')"),
    "no such date": ("Date", "string(10)"),
    "all narrower at once": ("{ a: int, b?: string }", '{ a: int(1..2), b: "x" | "y" }'),
}
"""More of the same, by what they show."""

MESSAGES: Mapping[str, tuple[str, str]] = {
    "request-body-added": ("", "body { a: int }"),
    "request-body-removed": ("body { a: int }", ""),
    "request-body-media-narrowed": ("body bytes", "body { a: int }"),
    "request-body-media-widened": ("body { a: int }", "body bytes"),
    "request-query-parameter-added": ("", "query { q?: string }"),
    "request-query-parameter-added-required": ("", "query { q: string }"),
    "request-query-parameter-removed": ("query { q?: string, r?: int }", "query { r?: int }"),
    "request-query-parameter-required": ("query { q?: string }", "query { q: string }"),
    "request-query-parameter-optional": ("query { q: string }", "query { q?: string }"),
    "request-header-added": ("", 'headers { "X-A"?: int }'),
    "request-header-added-required": ("", 'headers { "X-A": string }'),
    "request-header-removed": ('headers { "X-A": int }', ""),
    "request-header-required": ('headers { "X-A"?: int }', 'headers { "X-A": int }'),
    "request-header-optional": ('headers { "X-A": int }', 'headers { "X-A"?: int }'),
    "request-cookie-added": ("", "cookies { c?: int }"),
    "request-cookie-added-required": ("", "cookies { c: string }"),
    "request-cookie-removed": ("cookies { c: int }", ""),
    "request-cookie-required": ("cookies { c?: int }", "cookies { c: int }"),
    "request-cookie-optional": ("cookies { c: int }", "cookies { c?: int }"),
    "response-status-added": ("returns 200 string", "returns 200 string, 201 string"),
    "response-error-added": (
        "returns 200 string",
        "returns 200 string, 409 Problem, 422 { code: int }",
    ),
    "response-status-removed": ("returns 200 string, 201 string", "returns 200 string"),
    "response-body-added": ("returns 200", "returns 200 string"),
    "response-body-removed": ("returns 200 string", "returns 200"),
    "response-header-added": ("returns 200", "returns 200\n answers { a?: int }"),
    "response-header-removed": ("returns 200\n answers { a: int }", "returns 200"),
    "response-header-required": (
        "returns 200\n answers { a?: int(0..3) }",
        "returns 200\n answers { a: int(0..9) }",
    ),
    "response-header-optional": (
        "returns 200\n answers { a: int }",
        "returns 200\n answers { a?: int }",
    ),
    "auth-added": ("auth none", 'auth key {\n header "X-Key"\n keys k\n }'),
    "auth-removed": ('auth key {\n header "X-Key"\n keys k\n }', "auth none"),
    "auth-alternative-added": (
        'auth key {\n header "X-Key"\n keys k\n }',
        'auth key {\n header "X-Key"\n param "key"\n keys k\n }',
    ),
    "auth-alternative-removed": (
        'auth key {\n header "X-Key"\n param "key"\n keys k\n }',
        'auth key {\n header "X-Key"\n keys k\n }',
    ),
    "auth-token-changed": (
        'auth jwt {\n issuer "i"\n audience "a"\n keys k\n }',
        'auth jwt {\n issuer "i"\n audience "a"\n keys k\n require email\n }',
    ),
    "auth-keys-changed": (
        'auth key {\n header "X-Key"\n keys k\n }',
        'auth key {\n header "X-Key"\n keys l\n }',
    ),
    "roles-added": ("", "roles any(a, b)"),
    "roles-removed": ("roles all(a)", ""),
    "roles-narrowed": ("roles any(a, b)", "roles all(a, b)"),
    "roles-widened": ("roles all(a, b)", "roles any(a, c)"),
    "rate-added": ("", "rate 60/min per address"),
    "rate-removed": ("rate 60/min per address", ""),
    "rate-lowered": ("rate 60/min per address", "rate 50/min per address { burst 60 }"),
    "rate-raised": ("rate 60/min per address", "rate 2/s per address { burst 60 }"),
    "timeout-lowered": ("timeout 90s", "timeout 1m"),
    "timeout-raised": ("timeout 250ms", "timeout 1s"),
    "max-body-lowered": ("body bytes\n max_body 1MiB", "body bytes\n max_body 1000B"),
    "max-body-raised": ("body bytes\n max_body 64KiB", "body bytes\n max_body 1MiB"),
}
"""For a rule on messages and policies: statements of a route before and after."""

_ONE, _OTHER = (f'auth key {{\n header "X-Key"\n keys {name}\n }}' for name in "kl")

MORE_MESSAGES: Mapping[str, tuple[str, str]] = {
    "keys of a second secret": (_ONE, f"{_ONE}\n{_OTHER}"),
    "keys of one secret of two": (f"{_ONE}\n{_OTHER}", _OTHER),
    "a text refuses no number": ("query { q: int(0..99) }", "query { q: string(1..2) }"),
    "a text refuses a long number": ("query { q: int(0..999) }", "query { q: string(1..2) }"),
    "one or many": ("query { q?: string }", "query { q?: string[] }"),
    "many or one": ("query { q?: string[] }", "query { q?: string }"),
    "a number from a text": ("query { q?: string }", "query { q?: int }"),
    "yes and no": ("query { q: bool }", 'query { q: "true" | "false" | "maybe" }'),
    "an error that is no problem document": (
        "returns 200 string",
        "returns 200 string, 409 { title: int }, 410",
    ),
    "any parameter": ("query { ... }", "query { q?: int, ... }"),
    "a header that was undeclared": ('headers { "X-A": int }', 'headers { "X-B"?: int }'),
    "numbers as texts": ('query { q: "1" | "2" }', "query { q: 1 | 2 }"),
    "the same roles": ("roles any(a)", "roles all(a)"),
}

WHOLE: Mapping[str, tuple[str, str]] = {
    "route-added": ("", "route r GET /r {\n RETURNS }"),
    "route-removed": ("route r GET /r {\n RETURNS }", ""),
    "route-renamed": ("route r GET /r {\n RETURNS }", "route s GET /r {\n RETURNS }"),
    "route-method-changed": ("route r PUT /r {\n RETURNS }", "route r POST /r {\n RETURNS }"),
    "route-path-changed": ("route r GET /r {\n RETURNS }", "route r GET /v2/r {\n RETURNS }"),
    "path-parameter-renamed": (
        "route r GET /r/{id: Uuid} {\n RETURNS }",
        "route r GET /r/{key: string} {\n RETURNS }",
    ),
    "version-added": ("VERSIONS", "VERSIONS\nversion 2026-03-01 as v3"),
    "version-removed": ("version 2025-01-01 as v0\nVERSIONS", "VERSIONS"),
    "version-tag-added": ("version 2025-01-01 as v1", "version 2025-01-01 as v1, stable"),
    "version-tag-removed": ("version 2025-01-01 as v1, stable", "version 2025-01-01 as v1"),
    "version-tag-moved": (
        "version 2025-01-01 as v1, stable\nversion 2025-02-01 as v2",
        "version 2025-01-01 as v1\nversion 2025-02-01 as v2, stable",
    ),
    "version-header-added": ('APP{ param "v" }', 'APP{ header "X-V"\n param "v" }'),
    "version-header-removed": ('APP{ header "X-V"\n param "v" }', 'APP{ param "v" }'),
    "version-header-changed": ('APP{ header "X-V" }', 'APP{ header "X-W" }'),
    "version-parameter-added": ('APP{ header "X-V" }', 'APP{ header "X-V"\n param "v" }'),
    "version-parameter-removed": ('APP{ header "X-V"\n param "v" }', 'APP{ header "X-V" }'),
    "version-parameter-changed": ('APP{ param "v" }', 'APP{ param "w" }'),
    "version-default-changed": (
        'APP{ header "X-V"\n default latest }',
        'APP{ header "X-V"\n default oldest }',
    ),
    "version-default-required": (
        'APP{ header "X-V"\n default latest }',
        'APP{ header "X-V"\n default require }',
    ),
    "max-header-lowered": ("LIMITS{ max_header 16KiB }", "LIMITS{ max_header 8KiB }"),
    "max-header-raised": ("LIMITS{ max_header 8KiB }", "LIMITS{ max_header 16KiB }"),
    "depth-lowered": ("LIMITS{ depth 64 }", "LIMITS{ depth 16 }"),
    "depth-raised": ("LIMITS{ depth 16 }", "LIMITS{ depth 64 }"),
    "duplicate-keys-refused": ("", "LIMITS{ duplicate_keys refused }"),
    "duplicate-keys-taken": ("LIMITS{ duplicate_keys refused }", ""),
}
"""For a rule on operations: a whole project before and after."""

_HANDLERS = "async def get(req, res, gctx, lctx):\n    return None\n"
_SECRETS = """
secret k from env "K"
secret l from env "L"
route spare GET /spare {
  auth none
  allow secret k, l
  returns 200
  handler code:get
}
"""
_NAMED = (
    "type Tree { name: string, children: Tree[] }\n"
    "type Leafy { name: string(1..), children: Leafy[] }\n"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two plans."""

    old: Plan
    new: Plan


BESIDE: Mapping[str, tuple[str, str]] = {
    "unexpressed-changed": ("headers: X-Rate", "headers: X-Rate, X-Left"),
}
"""What a document says beside the plan, as text."""


def compiled(text: str, folder: Path) -> Plan:
    """The plan of a project's text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code.py").write_text(_HANDLERS)
    (folder / "app.gati").write_text(text)
    result = compile_project(folder / "app.gati")
    assert result.plan is not None, [(d.code, d.message, str(d.span)) for d in result.diagnostics]
    return result.plan


def types_text(side: int) -> str:
    """A project with a route for every case of types."""
    routes = [
        f"route {_name(name)} POST /{_name(name)} {{\n  auth none\n  body {pair[side]}\n"
        f"  returns 200 {pair[side]}\n  handler code:get\n}}\n"
        for name, pair in {**TYPES, **MORE_TYPES}.items()
    ]
    return f"app a {{ }}\n{_NAMED}{''.join(routes)}"


def messages_text(side: int) -> str:
    """A project with a route for every case of messages."""
    routes = [
        f"route {_name(name)} POST /{_name(name)} {{\n  {_route(pair, side)}\n"
        "  handler code:get\n}\n"
        for name, pair in {**MESSAGES, **MORE_MESSAGES}.items()
    ]
    return f"app a {{ }}\n{_SECRETS}{''.join(routes)}"


def whole_text(text: str) -> str:
    """A whole project: versions and the app are written short."""
    versions = "version 2026-01-01 as v1\nversion 2026-02-01 as v2\n"
    inside = ""
    for word, statement in (("APP", "versions"), ("LIMITS", "limits")):
        if text.startswith(word):
            inside = f"{statement} {text.removeprefix(word)}"
            text = "VERSIONS" if word == "APP" else ""
    text = text.replace("VERSIONS", versions)
    text = text.replace("RETURNS", "auth none\n returns 200 string\n handler code:get\n")
    return f"app a {{\n{inside}\n}}\n{text}\n"


def _route(pair: tuple[str, str], side: int) -> str:
    said = pair[side]
    text = f"{pair[0]} {pair[1]}"
    if "roles" in text:
        said += '\n  auth key {\n header "X-Key"\n keys k\n }'
    elif "auth" not in text:
        said += "\n  auth none"
    return said if "returns" in text else f"{said}\n  returns 200 string"


def _name(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")
