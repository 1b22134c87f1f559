"""Prints syntax as text: the inverse of reading, written without looking at the grammar."""

from __future__ import annotations

import json

from gatid_dsl import syntax as s

PERIODS = {1_000: "s", 60_000: "min", 3_600_000: "h", 86_400_000: "d"}


def file(node: s.File) -> str:
    return "\n\n".join(declaration(d) for d in node.declarations)


def declaration(node: s.Declaration) -> str:
    doc = "".join(f"## {line}\n" for line in getattr(node, "doc", "").split("\n") if line)
    return doc + _declaration(node)


def _declaration(node: s.Declaration) -> str:
    match node:
        case s.Include():
            return f"include {text(node.pattern)}"
        case s.App():
            return f"app {node.name.text} {block(node.body)}"
        case s.Version():
            tags = f" as {', '.join(t.text for t in node.tags)}" if node.tags else ""
            return f"version {node.date.text}{tags}{tail(node.body)}"
        case s.Secret():
            given = "".join(f" {arg(a)}" for a in node.args)
            return f"secret {node.name.text} from {node.backend.text}{given}{tail(node.body)}"
        case s.Module():
            return f"module {node.name.text} = {arg(node.target)}{tail(node.body)}"
        case s.Hook():
            return f"hook {node.name.text} = {arg(node.target)}{tail(node.body)}"
        case s.Policy():
            return f"policy {node.name.text} {block(node.body)}"
        case s.Topic():
            return f"topic {node.name.text}: {type_(node.type)}{tail(node.body)}"
        case s.On():
            return f"on {node.topic.text} do {arg(node.target)}{tail(node.body)}"
        case s.Rollout():
            given = "".join(f" {arg(a)}" for a in node.words)
            return f"rollout{given}{tail(node.body)}"
        case s.TypeDef():
            params = f"<{', '.join(p.text for p in node.params)}>" if node.params else ""
            return f"type {node.name.text}{params} = {type_(node.type)}"
        case s.Group():
            return f"group {path(node.path)} {block(node.body)}"
        case s.Route():
            return f"route {node.name.text} {node.method.text} {path(node.path)} {block(node.body)}"
        case s.Change():
            why = f" {text(node.why)}" if node.why else ""
            lines = ["lossless"] if node.lossless else []
            lines += [change(c) for c in node.body]
            return f"change {node.tag.text}{why} {lines_block(lines)}"


def lines_block(lines: list[str]) -> str:
    return "{ " + lines[0] + " }" if len(lines) == 1 else "{\n" + "\n".join(lines) + "\n}"


def block(body: tuple) -> str:
    return lines_block([member(m) for m in body]) if body else "{}"


def tail(body: tuple) -> str:
    return f" {block(body)}" if body else ""


def member(node: object) -> str:
    if isinstance(node, s.Group | s.Route):
        # A doc comment must stand on a line of its own.
        return f"\n{declaration(node)}\n"
    return statement(node)


def statement(node: s.Statement) -> str:
    match node:
        case s.Typed():
            return f"{node.keyword.text} {type_(node.type)}"
        case s.Returns():
            return f"returns {', '.join(answer(a) for a in node.answers)}"
        case s.Answers():
            status = f" {node.status.value}" if node.status else ""
            return f"answers{status} {type_(node.type)}"
        case s.Config():
            return f"config {value(node.value)}"
        case s.Directive():
            groups = ", ".join(" ".join(arg(a) for a in group) for group in node.groups)
            head = f"{node.keyword.text} {groups}".strip()
            return head if node.block is None else f"{head} {block(node.block)}"


def answer(node: s.Answer) -> str:
    parts = [str(node.status.value)] if node.status else []
    parts += [type_(node.type)] if node.type else []
    return " ".join(parts)


def text(node: s.Text) -> str:
    return f"'{node.value}'" if node.raw else json.dumps(node.value, ensure_ascii=False)


def literal(node: s.Literal) -> str:
    match node:
        case s.Text():
            return text(node)
        case s.Number():
            return repr(node.value)
        case s.Bool():
            return "true" if node.value else "false"
        case _:
            return "null"


def arg(node: s.Arg) -> str:
    match node:
        case s.Word():
            return node.text
        case s.Text() | s.Number():
            return literal(node)
        case s.Moment():
            return node.text
        case s.Duration():
            return f"{node.milliseconds}ms"
        case s.Size():
            return f"{node.bytes}B"
        case s.RateOf():
            return f"{node.count}/{PERIODS[node.period]}"
        case s.PyRef():
            return f"{node.module}:{node.name}"
        case s.Call():
            return f"{node.name.text}({', '.join(a.text for a in node.args)})"
        case s.Path():
            return path(node)
        case _:
            return value(node)


def key(node: s.Word | s.Text) -> str:
    return node.text if isinstance(node, s.Word) else text(node)


def value(node: s.Value) -> str:
    match node:
        case s.ListValue():
            return f"[{', '.join(value(v) for v in node.items)}]"
        case s.MapValue():
            return "{" + ", ".join(f"{key(k)}: {value(v)}" for k, v in node.items) + "}"
        case _:
            return literal(node)


def path(node: s.Path) -> str:
    return "".join(segment(part) for part in node.segments) or "/"


def segment(node: s.PathText | s.PathParam) -> str:
    if isinstance(node, s.PathText):
        return f"/{node.text}"
    kind = f": {type_(node.type)}" if node.type else ""
    return f"/{{{node.name.text}{kind}}}"


def type_(node: s.TypeExpr) -> str:
    match node:
        case s.TypeName():
            args = f"<{', '.join(type_(a) for a in node.args)}>" if node.args else ""
            held = ", ".join(constraint(c) for c in node.constraints)
            return f"{node.name.text}{args}{f'({held})' if held else ''}"
        case s.TypeLiteral():
            return literal(node.value)
        case s.TypeObject():
            rest = [rest_(node.rest)] if node.rest else []
            return "{\n" + "\n".join([*(field(f) for f in node.fields), *rest]) + "\n}"
        case s.TypeArray():
            held = [range_(node.length)] if node.length else []
            held += ["unique"] if node.unique else []
            return f"{operand(node.item)}[{', '.join(held)}]"
        case s.TypeTuple():
            return f"[{', '.join(type_(i) for i in node.items)}]"
        case s.TypeUnion():
            return " | ".join(operand(b) for b in node.branches)
        case s.TypeIntersection():
            return "\n & ".join(operand(p) for p in node.parts)


def operand(node: s.TypeExpr) -> str:
    simple = s.TypeName | s.TypeLiteral | s.TypeObject | s.TypeTuple
    return type_(node) if isinstance(node, simple) else f"({type_(node)})"


def constraint(node: s.Range | s.Constraint) -> str:
    if isinstance(node, s.Range):
        return range_(node)
    value = node.value.text if isinstance(node.value, s.Word) else literal(node.value)
    return f"{node.name.text} {value}"


def range_(node: s.Range) -> str:
    low = repr(node.low.value) if node.low else ""
    high = repr(node.high.value) if node.high else ""
    return low if node.exact else f"{low}..{high}"


def field(node: s.Field) -> str:
    doc = "".join(f"  ## {line}\n" for line in node.doc.split("\n") if line)
    optional = "?" if node.optional else ""
    secret = "secret " if node.secret else ""
    default = f" = {value(node.default)}" if node.default else ""
    return f"{doc}{key(node.name)}{optional}: {secret}{type_(node.type)}{default}"


def rest_(node: s.Rest) -> str:
    return f"...: {type_(node.type)}" if node.type else "..."


def change(node: object) -> str:
    match node:
        case s.TypeChange():
            return f"type {node.name.text} {operations(node.body)}"
        case s.RouteChange():
            return f"route {node.name.text} {lines_or_empty([step(i) for i in node.body])}"
        case s.RouteAdded():
            return f"route {node.name.text} added"
        case s.RouteRemoved():
            return f"route {node.name.text} removed {{\n{declaration(node.route)}\n}}"
    raise TypeError(node)


def lines_or_empty(lines: list[str]) -> str:
    return lines_block(lines) if lines else "{}"


def operations(body: tuple) -> str:
    return lines_or_empty([operation(o) for o in body])


def step(node: object) -> str:
    if isinstance(node, s.Moved):
        return f"moved from {node.method.text} {path(node.path)}"
    if isinstance(node, s.Statement):
        return statement(node)
    return operation(node)


def field_path(node: s.FieldPath) -> str:
    return ".".join(p if p.isidentifier() and p.isascii() else json.dumps(p) for p in node.parts)


def paths(nodes: tuple[s.FieldPath, ...]) -> str:
    return ", ".join(field_path(n) for n in nodes)


def operation(node: s.Operation) -> str:
    word = type(node).__name__.lower()
    match node:
        case s.Rename() | s.Move():
            return f"{word} {field_path(node.source)} -> {field_path(node.target)}"
        case s.Add() | s.Drop():
            given = f" = {value(node.value)}" if node.value else ""
            optional = "?" if node.optional else ""
            return f"{word} {field_path(node.target)}{optional}: {type_(node.type)}{given}"
        case s.Require() | s.Relax():
            return f"{word} {field_path(node.target)} = {value(node.value)}"
        case s.Map():
            arrows = ", ".join(arrow(a) for a in node.arrows)
            return f"map {field_path(node.target)} {{ {arrows} }}"
        case s.Split():
            source, by = field_path(node.source), text(node.separator)
            return f"split {source}: {type_(node.type)} by {by} -> {paths(node.targets)}"
        case s.Join():
            kind = f": {type_(node.type)}" if node.type else ""
            by = text(node.separator)
            return f"join {paths(node.sources)} by {by} -> {field_path(node.target)}{kind}"
        case s.Convert():
            kinds = f"{type_(node.old)} -> {type_(node.new)}"
            given = f"({arg(node.argument)})" if node.argument else ""
            return f"convert {field_path(node.target)}: {kinds} by {node.how.text}{given}"
        case s.Wrap() | s.Unwrap():
            return f"{word} {field_path(node.target)}"
        case s.Nest():
            return f"nest {paths(node.sources)} -> {field_path(node.target)}"
        case s.Hoist():
            return f"hoist {field_path(node.source)} -> {paths(node.targets)}"
        case s.Each() | s.In():
            return f"{word} {field_path(node.target)} {operations(node.body)}".replace("  ", " ", 1)
        case s.When():
            test = f"{field_path(node.target)} = {literal(node.value)}"
            return f"when {test} {operations(node.body)}"
        case s.Status():
            return f"status {node.old.value} -> {node.new.value}"
        case s.Compute():
            back = f" back {field_path(node.back[0])} = {expr(node.back[1])}" if node.back else ""
            target = f"{field_path(node.target)}: {type_(node.type)}"
            return f"compute {target} = {expr(node.value)}{back}"
        case s.Was():
            via = f" via {arg(node.up)}, {arg(node.down)}" if node.up and node.down else ""
            return f"was {type_(node.type)}{via}"
        case s.Todo():
            return f"todo {text(node.text)}"


def arrow(node: s.Arrow) -> str:
    return f"{literal(node.left)} {'<-' if node.back else '->'} {literal(node.right)}"


def expr(node: s.Expr) -> str:
    """Brackets around everything: what binds tighter is tested by examples."""
    match node:
        case s.FieldRef():
            return field_path(node.path)
        case s.Binary():
            return f"({expr(node.left)} {node.operator} {expr(node.right)})"
        case s.Apply():
            return f"{node.name.text}({', '.join(expr(a) for a in node.args)})"
        case s.IfElse():
            return f"({expr(node.then)} if {expr(node.condition)} else {expr(node.otherwise)})"
        case _:
            return literal(node)
