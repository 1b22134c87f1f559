"""Types as declarations in a `.gati` file: what is long stands on several lines."""

from __future__ import annotations

from gatid_compiler.gtypes.literals import written
from gatid_compiler.gtypes.model import Any, Field, GType, Never, Object, Union
from gatid_compiler.gtypes.text import name as word
from gatid_compiler.gtypes.text import show

WIDTH = 88


def declaration(name: str, t: GType, doc: str = "") -> str:
    """`type NAME …`, with its documentation above."""
    written = pretty(t)
    says = "" if written.startswith("{\n") else " =" if written.startswith("\n") else " = "
    head = f"type {name}{says or ' '}{written}"
    return f"{documentation(doc)}{head}\n"


def pretty(t: GType, indent: str = "", room: int = WIDTH) -> str:
    """The type on one line if there is room for it and nothing in it is documented."""
    line = show(t)
    match t:
        case Object() if t.fields and (len(line) > room or indent == "" or _documented(t)):
            return _object(t, indent)
        case Union(branches) if len(line) > room or any(map(_documented, branches)):
            deeper = indent + "  "
            lines = [f"\n{deeper}| {pretty(b, deeper, WIDTH - len(deeper))}" for b in branches]
            return "".join(lines)
        case _:
            return line


def documentation(text: str, indent: str = "") -> str:
    """Lines that begin with `##`; nothing for no text."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "".join(f"{indent}## {line}".rstrip() + "\n" for line in lines if line)


def unwritable(t: GType) -> bool:
    """Whether `never` would have to be written."""
    match t:
        case Never():
            return True
        case Object():
            inside = [f.type for f in t.fields] + ([] if t.rest is None else [t.rest])
            return any(map(unwritable, inside))
        case Union(branches):
            return any(map(unwritable, branches))
        case _:
            return False


def _object(t: Object, indent: str) -> str:
    deeper = indent + "  "
    lines = ["{\n"]
    for f in t.fields:
        lines.append(documentation(f.doc, deeper))
        optional, secret = "" if f.required else "?", "secret " if f.secret else ""
        before = f"{deeper}{word(f.name)}{optional}: {secret}"
        lines.append(f"{before}{pretty(f.type, deeper, WIDTH - len(before))}{_default(f)}\n")
    if t.rest is not None:
        rest = "" if isinstance(t.rest, Any) else f": {pretty(t.rest, deeper)}"
        lines.append(f"{deeper}...{rest}\n")
    return "".join(lines) + indent + "}"


def _default(f: Field) -> str:
    return "" if f.default is None else f" = {written(f.default.value)}"


def _documented(t: GType) -> bool:
    if isinstance(t, Object):
        return any(f.doc or _documented(f.type) for f in t.fields)
    return isinstance(t, Union) and any(map(_documented, t.branches))
