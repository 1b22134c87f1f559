"""Random types and random histories that are valid, as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from gatid_compiler.gtypes import model, text
from gatid_compiler.gtypes.model import GType
from gatid_compiler.timescape import unfold
from gatid_compiler.timescape.lenses import keys
from gatid_compiler.timescape.lenses.finite import values_of
from gatid_compiler.timescape.reshape import references, reshaped
from tests.compiler.timescape.projects import project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.compiler.timescape.projects import Project

NAMES = ("a", "b", "c", "d", "e", "f", "x-y")
TYPES = ("Alpha", "Beta", "Gamma")
WORDS = ("red", "green", "blue", "cyan")
ROUTES = """
route one POST /one/{id: int} {
  query   { a?: int = 3, b?: "red" | "blue" }
  body    { main: Alpha, how?: Either }
  returns Beta, 201 { items: Gamma[], "x-y"?: Alpha }
  answers { e?: int, f: "red" | "blue", g?: string[] }
  handler m:one
}
route two GET /two/{a}/{b}/{z: int} {
  params  Where
  headers Heads
  returns Either[]
  handler m:two
}
"""


_CONVERTED = {
    "int": [
        ("int", "scale(10)"),
        ("int", "scale(2.5)"),
        ("DateTime", "epoch(ms)"),
        ("string", "text"),
    ],
    "int(0..3)": [("int(0..30)", "scale(0.1)"), ("int(0..1)", "scale(3)")],
    "int | null": [("string | null", "text"), ("DateTime | null", "epoch(s)")],
    "string": [("int", "text"), ("bool", "text"), ("string", "upper"), ("bytes", "base64")],
    "bool": [("string", "text"), ('"true" | "false"', "text")],
    "DateTime": [("int", "epoch(s)"), ("int(0..1000)", "epoch(ms)")],
}


@dataclass
class _Types:
    """Draws the types of head."""

    draw: st.DrawFn

    def some(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def leaf(self) -> str:
        return self.some(
            "int", "string", "bool", "string(pattern '[a-z]*')", "Uuid", "DateTime",
            "int | null", '"red" | "green" | "blue"',
            '"red" | 1 | true | null', "int(0..3)",
        )  # fmt: skip

    def type(self, depth: int) -> str:
        other = self.some(*TYPES)
        inner = self.type(depth - 1) if depth else self.leaf()
        if not depth or self.draw(st.booleans()):
            return self.leaf()
        return self.some(
            f"{other}[]",
            f"({other} | null)",
            f"({inner})[..3]",
            f"{{ ...: {inner} }}",
            self.object(depth - 1),
            self.object(depth - 1),
            "Either",
            "Pair<Gamma>",
            "Both",
            "(Root & { m: int })[..2]",
            "[int, Gamma]",
        )

    def object(self, depth: int, rest: bool = True) -> str:
        names = self.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
        fields = [self.field(name, depth) for name in sorted(names)]
        last = self.some("", "", "", "...", "...: int", "...: Gamma") if rest else ""
        return f"{{ {', '.join((*fields, *filter(None, [last])))} }}"

    def closed(self) -> str:
        names = self.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
        return f"{{ {', '.join(f'{text.name(name)}: {self.leaf()}' for name in names)} }}"

    def field(self, name: str, depth: int) -> str:
        name = text.name(name)
        kind = self.some("plain", "optional", "closed", "default")
        if kind == "closed" and depth:
            return f"{name}: {self.closed()}"
        if kind == "default":
            return self.some(
                f"{name}?: int = 7",
                f'{name}?: "red" | "blue" = "red"',
                f"{name}?: int[..3] = [1, 2]",
                f"{name}?: {{ a: int, b?: int[] }} = {{ a: 1 }}",
                f"{name}?: Gamma[] = []",
            )
        t = self.type(depth)
        # What is required and names a type could need a value without end.
        ends = kind == "plain" and not any(
            word in t for word in (*TYPES, "Either", "Pair", "Both", "Root")
        )
        return f"{name}: {t}" if ends or t.endswith("[]") else f"{name}?: {t}"

    def head(self) -> str:
        lines = [f"type {name} {self.object(2)}" for name in TYPES]
        lines.append(f"type Root {self.object(1, rest=False)}")
        lines.append('type Where { a: int(0..3), b: "red" | "blue" }')
        lines.append('type Heads { "X-A"?: bool, b: int, c?: string, d?: string }')
        lines.append("type Pair<T> { a: T[], b?: T }")
        lines.append(f"type Both = Root & {{ m: {self.leaf()}, n?: Root & {{ k: bool }} }}")
        lines.append("type Either = Left | Right | null")
        lines.append('type Left { kind: "left", a: int, b?: Gamma }')
        lines.append('type Right { kind: "right" | "wrong", a: int, c?: string }')
        return "\n".join(lines) + ROUTES


def _literal(draw: st.DrawFn, t: GType, defs: Mapping[str, GType], depth: int = 3) -> str | None:
    """A literal of the type, if it has one that is easily found."""
    match t:
        case model.Ref(name=name):
            return _literal(draw, defs[name], defs, depth)
        case model.Int():
            return str(draw(st.integers(t.low or 0, t.high or 9)))
        case model.String():
            return '"text"'
        case model.Bool():
            return draw(st.sampled_from(["true", "false"]))
        case model.Literal() | model.Null():
            return text.show(t)
        case model.Union(branches=branches):
            return _literal(draw, draw(st.sampled_from(branches)), defs, depth)
        case model.Array(item=item, low=low):
            most = low if low > 2 else 2
            size = draw(st.integers(low, most if t.high is None else min(most, t.high)))
            parts = [_literal(draw, item, defs, depth - 1) for _ in range(size)] if depth else []
            return None if None in parts or len(parts) < low else _written(parts)
        case model.Tuple(items=items) if depth:
            parts = [_literal(draw, item, defs, depth - 1) for item in items]
            return None if None in parts else _written(parts)
        case model.Object() if depth:
            return _object_literal(draw, t, defs, depth)
        case _:
            return None


def _written(parts: Sequence[str | None]) -> str:
    return f"[{', '.join(map(str, parts))}]"


def _object_literal(
    draw: st.DrawFn, t: model.Object, defs: Mapping[str, GType], depth: int
) -> str | None:
    parts: dict[str, str | None] = {}
    for field in t.fields:
        if field.required or draw(st.booleans()):
            parts[field.name] = _literal(draw, field.type, defs, depth - 1)
            if parts[field.name] is None and not field.required:
                del parts[field.name]
    free = [name for name in NAMES if t.field(name) is None]
    if t.rest is not None and free and draw(st.booleans()):
        extra = _literal(draw, t.rest, defs, depth - 1)
        parts |= {draw(st.sampled_from(free)): extra} if extra else {}
    if None in parts.values():
        return None
    return "{" + ", ".join(f"{text.name(name)}: {part}" for name, part in parts.items()) + "}"


@dataclass
class _Ops:
    """Draws an operation that may well be valid where history stands."""

    draw: st.DrawFn
    defs: Mapping[str, GType]

    def places(
        self, t: GType, way: tuple[str, ...], depth: int
    ) -> Iterator[tuple[tuple[str, ...], model.Object]]:
        """Objects that the type leads to, and the words that lead there: fields, and `*`."""
        match t:
            case model.Ref(name=name):
                yield from self.places(self.defs[name], way, depth)
            case model.Union(branches=branches):
                for branch in branches:
                    if not isinstance(branch, model.Null):
                        yield from self.places(branch, way, depth)
            case model.Object(fields=(), rest=rest) if rest is not None and depth:
                yield from self.places(rest, (*way, "*"), depth - 1)
            case model.Object():
                yield way, t
                for field in t.fields if depth else ():
                    yield from self.places(field.type, (*way, field.name), depth - 1)
            case model.Array(item=item) if depth:
                yield from self.places(item, (*way, "*"), depth - 1)
            case _:
                return

    def block(self) -> str:
        """A block of one operation, on a type or a route."""
        if self.draw(st.integers(0, 7)) == 7:
            return self.branch()
        names = [
            *("Alpha", "Beta", "Gamma", "Root", "Both", "Either", "Left", "Right"),
            *("Where", "Heads"),
        ]
        keys_ = [k for k in self.defs if k in names]
        keys_ += [k for k in self.defs if keys.is_message(k)]
        key = self.draw(st.sampled_from(sorted(keys_)))
        places = list(self.places(self.defs[key], (), 3))
        if key.startswith("re"):
            # Parts of a message stay what they are, and its parameters too.
            places = [(way, obj) for way, obj in places if way and way[0] != "path"]
        if not places:
            return ""
        way, obj = self.draw(st.sampled_from(places))
        op = self.operation(obj)
        if not op:
            return ""
        kind, _, route = key.partition(" ")
        others = [w for w, _ in places if "*" not in w]
        if not route and "*" not in way and obj.fields and self.draw(st.integers(0, 3)) == 3:
            was = (*self.draw(st.sampled_from(others)), self.draw(st.sampled_from(NAMES)))
            now = (*way, self.draw(st.sampled_from(obj.fields)).name)
            return f"type {key} {{ move {_way(was)} -> {_way(now)} }}"
        if not route:
            return f"type {key} {{ {self.wrapped(way, op, '')} }}"
        if kind == "request" and self.draw(st.booleans()):
            there = self.draw(st.sampled_from(["query", "header", "body"]))
            was = f"{there}.{_part(self.draw(st.sampled_from(NAMES)))}"
            if obj.fields and "*" not in way:
                now = ".".join(map(_part, (*way, self.draw(st.sampled_from(obj.fields)).name)))
                return f"route {route} {{ move {was} -> {now} }}"
        first = "response" if kind == "response" else ""
        return f"route {route.split()[0]} {{ {self.wrapped(way, op, first)} }}"

    def branch(self) -> str:
        """An operation on one branch of a union."""
        left = [obj for _, obj in self.places(self.defs["Either"], (), 0) if _tag(obj) == "left"]
        op = self.operation(left[0]) if left else ""
        return f'type Either {{\n when kind = "left" {{\n{op}\n}}\n}}' if op else ""

    def wrapped(self, way: tuple[str, ...], op: str, first: str) -> str:
        """The operation inside of the blocks that lead to it."""
        prefix = [first] if first else []
        for index, word in enumerate(way):
            if word == "*":
                inner = self.wrapped(way[index + 1 :], op, "")
                return f"each {'.'.join(map(_part, prefix))} {{\n{inner}\n}}"
            prefix.append(word)
        return f"in {'.'.join(map(_part, prefix))} {{\n{op}\n}}" if prefix else op

    def operation(self, obj: model.Object) -> str:
        """One of the operations that could have led to the object, each kind as likely."""
        draw = self.draw
        new = _part(draw(st.sampled_from(NAMES)))
        found: dict[str, list[str]] = {
            "drop": [f"drop {new}?: {t}" for t in ("int", "Gamma", "Left[]")]
            + [f"drop {new}: string | null = {v}" for v in ("null", '""')]
        }
        for field in obj.fields:
            for op in self._on_field(field, new):
                twice = "\n" in op and not op.startswith("in ")
                kind = f"{op.split()[0]} twice" if twice else op.split()[0]
                found.setdefault(kind, []).append(op)
        names = [f.name for f in obj.fields]
        if len(names) > 1:
            some = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
            found["hoist"] = [f"hoist {new} -> {', '.join(map(_part, some))}"]
        texts = [f for f in obj.fields if isinstance(f.type, model.String)]
        if len(texts) > 1:
            parts = draw(st.permutations(texts))[:2]
            found["split"] = [
                f'split {new}: string by "-" -> {", ".join(_part(f.name) for f in parts)}'
            ]
        rare = [
            kind
            for kind in (
                "map",
                "map twice",
                "in",
                "nest",
                "wrap",
                "convert",
                "compute",
                "split",
                "join",
            )
            if kind in found
        ]
        kind = draw(st.sampled_from([*sorted(found), *rare, *rare]))
        return draw(st.sampled_from(found[kind]))

    def _on_field(self, field: model.Field, new: str) -> Iterator[str]:
        draw, defs = self.draw, self.defs
        name = _part(field.name)
        value = _literal(draw, field.type, defs)
        if field.name == "kind":
            return
        yield f"rename {new} -> {name}"
        yield f"rename {new} -> zz\nrename zz -> {name}"
        if not any(references(field.type)) and not _nullable(field.type):
            # Functions that take the only item out of a tuple, and put it into one.
            yield f"in {name} {{\nwas [{text.show(field.type)}] via m:up, m:down\n}}"
        yield f"move {new} -> {name}"
        shown = text.show(reshaped(field.type, name=keys.plain))
        mark = "" if field.required else "?"
        yield f"add {name}{mark}: {shown}"
        if value:
            yield f"add {name}{mark}: {shown} = {value}"
            yield f"{'require' if field.required else 'relax'} {name} = {value}"
        finite = values_of(field.type, defs)
        if finite and field.default is None:
            arrows = []
            for one in finite:
                known = json.dumps(one)
                old = draw(st.sampled_from(["", '"old"', "7", "false", "1", known, '"red"']))
                if old:
                    arrows.append(f"{old} -> {known}")
            if arrows:
                arrows = draw(st.permutations(arrows))
                seen = draw(st.sampled_from(["", f"{arrows[0].split()[0]} <- {known}"]))
                last = f"map {name} {{ {', '.join(filter(None, (seen, *arrows)))} }}"
                between = arrows[-1].split()[0]
                yield last
                yield f'map {name} {{ "older" -> {between}, 8 -> {between} }}\n{last}'
        yield f"unwrap {name}"
        if isinstance(field.type, model.Array):
            yield f"wrap {name}"
        if isinstance(field.type, model.String):
            other = _part(draw(st.sampled_from(NAMES)))
            yield f'join {new}, {other} by "-" -> {name}'
        other = name if draw(st.booleans()) else new
        if shown == "int":
            yield f"compute {name}: int = {other} * 2 - len(a)"
            yield f"compute {name}: int = 1 if {other} else coalesce({new}, 3) back {new} = 5"
        if shown == "string":
            yield f'compute {name}: string = lower(coalesce({new}, "X")) back {new} = {name} + "y"'
        for was, how in _CONVERTED.get(shown, ()):
            yield f"convert {name}: {was} -> {shown} by {how}"
        if isinstance(field.type, model.Object) and field.type.fields:
            yield f"nest {', '.join(_part(f.name) for f in field.type.fields)} -> {name}"


def _nullable(t: GType) -> bool:
    branches = t.branches if isinstance(t, model.Union) else (t,)
    return any(isinstance(branch, model.Null) for branch in branches)


def _way(parts: Sequence[str]) -> str:
    return ".".join(map(_part, parts))


def _tag(obj: model.Object) -> object:
    field = obj.field("kind")
    return getattr(field.type, "value", None) if field else None


def _part(name: str) -> str:
    return text.name(name)


@st.composite
def heads(draw: st.DrawFn) -> str:
    """Types and routes, without versions."""
    return _Types(draw).head()


@st.composite
def histories(draw: st.DrawFn, most: int = 5) -> Project:
    """A project of several releases, each with some blocks of one operation."""
    hops = draw(st.integers(1, most))
    versions = "\n".join(f"version 2025-01-{i:02} as v{i}" for i in range(1, hops + 2))
    read = project(f"{versions}\n{draw(heads())}")
    changes: list[str] = []
    defs = read.derived().history.states[0]
    for hop in range(hops, 0, -1):
        blocks: list[str] = []
        for _ in range(draw(st.integers(1, 3))):
            block = _Ops(draw, defs).block()
            if block:
                # Where a type's field stands is looked up after a whole block, for defaults.
                plain = not any(" add " in one or "\nadd " in one for one in (block, *blocks[:1]))
                if blocks and plain and draw(st.booleans()):
                    tried = _joined(block, blocks)
                else:
                    tried = [block, *blocks]
                before = _before(read.changed([_change(hop, tried), *changes]))
                if before is not None:
                    blocks, defs = tried, before
        changes.insert(0, _change(hop, blocks))
    return read.changed(changes)


def _joined(block: str, blocks: list[str]) -> list[str]:
    """The block before the first one, in one with it if they stand on the same."""
    head, _, body = block.partition(" {")
    other, _, rest = blocks[0].partition(" {")
    if head != other or head.startswith("route"):
        return [block, *blocks]
    return [f"{head} {{\n{body.rstrip().removesuffix('}')}\n{rest}", *blocks[1:]]


def _change(hop: int, blocks: list[str]) -> str:
    return "\n".join((f"change v{hop + 1} {{", *blocks, "}"))


def _before(read: Project) -> Mapping[str, GType] | None:
    """The definitions of the first release; None where something is refused."""
    unfolded = unfold.unfold(
        read.routes, read.defs, read.releases, read.changes, read.reader, read.report
    )
    if read.report.has_errors or unfolded.derived is None:
        return None
    return unfolded.derived.history.states[0]
