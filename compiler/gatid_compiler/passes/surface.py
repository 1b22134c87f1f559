"""What a module is to those who call it, as far as its source shows: its manifest."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gatid_compiler import plan
from gatid_compiler.passes.annotations import Annotations, Known
from gatid_compiler.passes.asking import Kind, in_class
from gatid_compiler.passes.handlers import Reference, resolve
from gatid_compiler.passes.lookup import Class, is_generator
from gatid_compiler.passes.members import decorators, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.python import PythonFile, PythonProject

_PLAIN = frozenset(("staticmethod", "classmethod", "idempotent"))
_Def = ast.FunctionDef | ast.AsyncFunctionDef


def manifests(
    modules: Mapping[str, plan.Module],
    references: Mapping[str, Reference],
    project: PythonProject,
) -> Mapping[str, plan.Module]:
    """The modules with their manifests, where the source shows what they are."""
    annotations = Annotations(project)
    found = {}
    for name, module in modules.items():
        thing = resolve(references[name], project)
        shown = manifest(thing, annotations) if isinstance(thing, Class) else None
        found[name] = replace(module, manifest=shown)
    return found


def manifest(class_: Class, annotations: Annotations) -> plan.ModuleManifest:
    """The manifest of a class; types are those of annotations that are plain to read."""
    reader = _Reader(annotations)
    found = members(class_)
    methods = tuple(
        reader.method(name, file, node)
        for name, (file, node) in sorted(found.items())
        if not name.startswith("_") and name not in plan.LIFECYCLE
    )
    uses = list(in_class(class_))

    def named(kind: Kind) -> tuple[str, ...]:
        return tuple(sorted({u.name for u in uses if u.kind == kind and u.name is not None}))

    return plan.ModuleManifest(
        methods,
        tuple(name for name in plan.LIFECYCLE if name in found),
        reader.types,
        named("secret"),
        named("module"),
        named("topic"),
        tuple(sorted({f"{use.kind}s" for use in uses if use.name is None})),
    )


class _Reader:
    def __init__(self, annotations: Annotations) -> None:
        self._annotations = annotations
        self.types: dict[str, GType] = {}

    def method(self, name: str, file: PythonFile, node: ast.stmt) -> plan.Method:
        names = decorators(node)
        if not isinstance(node, _Def) or not all(name in _PLAIN for name in names):
            return plan.Method(name, "", "unknown", idempotent=False, parameters=(), result=None)
        return plan.Method(
            name,
            inspect.cleandoc(ast.get_docstring(node) or ""),
            _kind(node),
            "idempotent" in names,
            tuple(self._parameters(file, node, bound="staticmethod" not in names)),
            self._type(file, node.returns),
        )

    def _parameters(self, file: PythonFile, node: _Def, *, bound: bool) -> Iterator[plan.Parameter]:
        args = node.args
        plain = [*args.posonlyargs, *args.args]
        needed = len(plain) - len(args.defaults)
        for at, arg in enumerate(plain):
            if at or not bound:
                alone = at < len(args.posonlyargs)
                kind: Literal["positional", "either"] = "positional" if alone else "either"
                yield plan.Parameter(arg.arg, kind, at < needed, self._type(file, arg.annotation))
        if args.vararg is not None:
            one = self._type(file, args.vararg.annotation)
            yield plan.Parameter(args.vararg.arg, "rest", required=False, type=one)
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            yield plan.Parameter(
                arg.arg, "named", default is None, self._type(file, arg.annotation)
            )
        if args.kwarg is not None:
            one = self._type(file, args.kwarg.annotation)
            yield plan.Parameter(args.kwarg.arg, "names", required=False, type=one)

    def _type(self, file: PythonFile, annotation: ast.expr | None) -> GType | None:
        if annotation is None:
            return None
        found = self._annotations.read(file, annotation)
        if not isinstance(found, Known):
            return None
        defs = found.schema.defs
        if any(self.types.get(name, type) != type for name, type in defs.items()):
            # Two types of one name, from two files: neither could be said by its name.
            return None
        self.types.update(defs)
        return found.schema.root


def _kind(node: _Def) -> Literal["sync", "async", "generator"]:
    if is_generator(node):
        return "generator"
    return "async" if isinstance(node, ast.AsyncFunctionDef) else "sync"
