"""An annotation of a source as a GType, or why only running the code would tell."""

from __future__ import annotations

import ast
import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import Schema
from gatid_compiler.passes.annotations.reduced import Reduced
from gatid_compiler.passes.python import PythonFile

if TYPE_CHECKING:
    from gatid_compiler.gtypes.python import NotExtractableError
    from gatid_compiler.passes.python import PythonProject

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Known:
    """The type of an annotation, with the definitions that it names."""

    schema: Schema


@dataclass(frozen=True, slots=True)
class Opaque:
    """The source does not show the type; `reason` says what it is instead."""

    reason: str


class Annotations:
    """Reads annotations of a project's files. Only declarations of types are made, in modules of
    their own that nobody else sees; no function of the project runs.
    """

    def __init__(self, project: PythonProject) -> None:
        self._project = project
        self._prefix = f"gatid_read_{next(_numbers)}"
        self._modules: dict[str, Reduced | None] = {}
        self._read: dict[tuple[str, str, bool], Known | Opaque] = {}

    def read(self, file: PythonFile, node: ast.expr, *, built: bool = False) -> Known | Opaque:
        """The type of an annotation that stands at the top level of a file, or in its functions.
        Of what is `built` there, fields with a default are never missing.
        """
        key = file.name, ast.dump(node), built
        if key not in self._read:
            self._read[key] = self._fresh(file, node, built)
        return self._read[key]

    def _fresh(self, file: PythonFile, node: ast.expr, built: bool) -> Known | Opaque:
        # pydantic is loaded by it: only projects that annotate pay for that.
        from gatid_compiler.gtypes.python import NotExtractableError, extract

        reduced = self._reduced(file)
        if reduced is None:
            return Opaque("the file cannot be read")
        for each in self._modules.values():
            if each is not None:
                each.complete()
        if not reduced.plain(node):
            return Opaque(f"`{ast.unparse(node)}` is not a plain annotation")
        modules = {r.module.__name__: r.module for r in self._modules.values() if r is not None}
        sys.modules.update(modules)
        try:
            found = extract(
                ast.unparse(node), name="it", module=reduced.module.__name__, built=built
            )
        except NotExtractableError as error:
            return Opaque(_reason(error))
        finally:
            for name in modules:
                del sys.modules[name]
        return Known(found.schema)

    def _reduced(self, file: PythonFile) -> Reduced | None:
        if file.name not in self._modules:
            if file.tree is None:
                self._modules[file.name] = None
            else:
                reduced = Reduced(file, f"{self._prefix}.{file.name}")
                self._modules[file.name] = reduced
                # Dataclasses and models look their own module up while they are made.
                sys.modules[reduced.module.__name__] = reduced.module
                try:
                    reduced.fill(self._imported)
                finally:
                    del sys.modules[reduced.module.__name__]
        return self._modules[file.name]

    def _imported(self, name: str) -> Reduced | None:
        if not self._project.is_ours(name.partition(".")[0]):
            return None
        found = self._project.find(name)
        return self._reduced(found) if isinstance(found, PythonFile) else None


def _reason(error: NotExtractableError) -> str:
    fault = error.faults[0]
    if fault.reason.startswith("names `"):
        name = fault.reason.split("`")[1]
        return f"only running the code tells what `{name}` is"
    where = "" if fault.path == "it" else f", in `{fault.path}`,"
    return f"`{fault.annotation}`{where} {fault.reason}"
