"""A typed module for handlers: what each route reads and answers, and what `gctx` reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.codegen.python_modules import modules
from gatid_compiler.codegen.python_types import PythonTypes, camel
from gatid_compiler.passes.type_checks import references

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid_compiler import plan as p
    from gatid_compiler.gtypes.model import GType

_HEAD = '''"""What the handlers of `{app}` read and answer with.

Written by `gatid gen python`: change the .gati files, and write it again.
"""

from __future__ import annotations
'''


def python(plan: p.Plan) -> str:
    """The source of the module: types, a request and an answer for each route, the context."""
    heads = [(route, route.contracts[-1]) for route in plan.routes]
    shapes = [contract.handler_shape for _, contract in heads]
    answered = _reached(plan, (a.type for shape in shapes for a in shape.answers))
    received = _reached(plan, (t for shape in shapes for t in _parts(shape)))
    # Problem documents are made by `res.problem`.
    needed = sorted((answered | received) - {"Problem"})
    types = PythonTypes(needed)
    for name in needed:
        types.declare(name, plan.types[name], filled=name not in answered)
    for route, contract in heads:
        _route(types, route, contract)
    modules(plan, types)
    return _module(plan, types)


def _module(plan: p.Plan, types: PythonTypes) -> str:
    lines = [_HEAD.format(app=plan.app.name)]
    if "Mapping" in types.used:
        lines.append("\nfrom collections.abc import Mapping")
    lines.append(f"\nfrom typing import {', '.join(sorted(types.used - {'Mapping'}))}\n")
    lines.append("\nfrom gatid.handlers import GlobalContext, Request\n")
    quiet = True
    for block in types.blocks:
        alias = _is_alias(block)
        if not alias or not quiet:
            lines.append("\n\n")
        elif block is types.blocks[0]:
            lines.append("\n")
        lines.append(block)
        quiet = alias
    return "".join(lines)


def _is_alias(block: str) -> bool:
    return ": TypeAlias = " in block.partition("\n")[0]


def _route(types: PythonTypes, route: p.Route, contract: p.Contract) -> None:
    name = camel(route.name)
    shape = contract.handler_shape
    alias = types.fresh(f"{name}Request")
    parts = ["bytes" if shape.body_bytes else "None"]
    if shape.body is not None:
        parts[0] = types.text(shape.body, f"{name}Body", filled=True)
    for part, called in _FIELDS:
        t = getattr(shape, part)
        parts.append("" if t is None else types.text(t, f"{name}{called}", filled=True))
    while not parts[-1]:
        parts.pop()
    inside = ", ".join(part or f"{types.use('Mapping')}[str, {types.use('Any')}]" for part in parts)
    types.alias(alias, f"Request[{inside}]", f"{contract.method} {_path(contract.path)}")
    types_ = {a.type for a in shape.answers if a.status < 400}
    many = len(types_) > 1
    texts = [
        types.text(a.type, f"{name}Answer{a.status if many else ''}", filled=False)
        for a in shape.answers
        if a.status < 400 and a.type is not None
    ]
    texts += ["None"] if None in types_ else []
    said = " | ".join(dict.fromkeys(texts))
    if said not in ("", f"{name}Answer"):
        types.alias(types.fresh(f"{name}Answer"), said)


def _path(path: tuple[p.Segment, ...]) -> str:
    return "/" + "/".join(s if isinstance(s, str) else f"{{{s.name}}}" for s in path)


_FIELDS = (("query", "Query"), ("path", "Params"), ("headers", "Headers"), ("cookies", "Cookies"))


def _parts(shape: p.Shape) -> Iterable[GType | None]:
    return (shape.body, *(getattr(shape, part) for part, _ in _FIELDS))


def _reached(plan: p.Plan, types: Iterable[GType | None]) -> set[str]:
    """The names that types refer to, and what those refer to."""
    waiting = [name for t in types if t is not None for name in references(t)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += references(plan.types[name])
    return found
