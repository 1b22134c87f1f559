"""What a function of the project says, with all of its module that it reads.

Comments, blank lines and what else stands in the module make no difference.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

from gatid_compiler.passes import handlers
from gatid_compiler.passes.lookup import Callable
from gatid_compiler.passes.python import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid_compiler.passes.handlers import Reference
    from gatid_compiler.passes.python import PythonFile, PythonProject


def source(reference: Reference, project: PythonProject) -> str:
    """The function's own text, and that of the definitions in its module that it leads to; of
    what cannot be seen from outside, the module's.
    """
    name = reference.target.name
    match handlers.resolve(reference, project):
        case Callable(file=file, node=ast.FunctionDef() as node):
            return _source(file, node.name)
        case _:
            found = project.find(reference.target.module)
            known = found.file if isinstance(found, Elsewhere) else found
            return "" if known is None else _source(known, name)


def _source(file: PythonFile, name: str) -> str:
    if file.tree is None:
        return file.source.text
    body = file.tree.body
    wanted = _reached(body, name)
    silent = _comments(file.source.text)
    lines: list[str] = []
    for node in body if not wanted else [node for node in body if node in wanted]:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        for number in range(first, (node.end_lineno or first) + 1):
            text = file.source.line(number)
            lines.append(text[: silent.get(number, len(text))].rstrip())
    return "\n".join(line for line in lines if line)


def _reached(body: Sequence[ast.stmt], name: str) -> set[ast.stmt]:
    """The statements that say what the name is, and what those read."""
    known: set[str] = set()
    found: set[ast.stmt] = set()
    waiting = [name]
    while waiting:
        wanted = waiting.pop()
        if wanted in known:
            continue
        known.add(wanted)
        for node in body:
            if node not in found and wanted in _bound(node):
                found.add(node)
                waiting.extend(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    return found


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top level of a module gives something to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case (
                ast.Attribute(value=ast.Name(id=name), ctx=ast.Store())
                | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
                | ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name))))
            ):
                yield name  # `TABLE["x"] = …`, `names.append(…)`
            case _:
                pass


def _comments(text: str) -> dict[int, int]:
    """The column at which a comment begins, by line."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] = token.start[1]
    return found
