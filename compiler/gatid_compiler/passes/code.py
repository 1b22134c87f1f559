"""The Python that a plan carries: whole top-level packages and modules of the project.

A top-level package is taken whole when a reference or an import of the project starts in it,
because what it imports while it runs cannot be seen from outside. Installed packages are not
taken; those that the sources import are named with their version. gatid itself is not among
them: it is what runs the plan.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from gatid_compiler import plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from importlib.metadata import Distribution

    from gatid_compiler.passes.python import PythonFile, PythonProject

OURS = frozenset(("gatid", "gatid_compiler", "gatid_dsl"))


def collect(
    modules: Iterable[str], project: PythonProject
) -> tuple[plan.Code, Sequence[PythonFile]]:
    """The code in which `modules` are, with all that it imports; and the files, parsed."""
    todo = sorted({module.partition(".")[0] for module in modules})
    seen: set[str] = set()
    foreign: set[str] = set()
    found: dict[str, PythonFile] = {}
    while todo:
        top = todo.pop()
        if top in seen:
            continue
        seen.add(top)
        if not project.is_ours(top):
            foreign.add(top)
            continue
        for path in project.files_of(top):
            file = project.parsed(path)
            if file is None:
                continue
            found[file.source.path] = file
            if file.tree is not None:
                todo.extend(name for name in imported(file.tree) if name not in seen)
    files = {path: found[path].source.text for path in sorted(found)}
    installed = _installed(sorted(foreign - sys.stdlib_module_names - OURS))
    return plan.Code(files, installed), [found[path] for path in sorted(found)]


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level names that a module imports, `importlib.import_module("…")` included."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield alias.name.partition(".")[0]
            case ast.ImportFrom(level=0, module=str(module)):
                yield module.partition(".")[0]
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if _imports(
                func
            ) and not name.startswith("."):
                yield name.partition(".")[0]
            case _:
                pass


def _imports(func: ast.expr) -> bool:
    match func:
        case ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"):
            return True
        case _:
            return False


def _installed(names: Sequence[str]) -> Mapping[str, str]:
    """The distributions that provide these top-level names, with their versions."""
    if not names:
        return {}
    # Costs some milliseconds, and most projects import nothing but the standard library.
    from importlib import metadata

    found: dict[str, str] = {}
    rest: list[str] = []
    for name in names:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            rest.append(name)
            continue
        if _provides(distribution, name):
            found[_normal(distribution.metadata["Name"])] = distribution.version
        else:
            rest.append(name)
    if rest:
        providers = metadata.packages_distributions()
        for name in rest:
            for provider in providers.get(name, ()):
                found[_normal(provider)] = metadata.version(provider)
    return dict(sorted(found.items()))


def _provides(distribution: Distribution, name: str) -> bool:
    tops = distribution.read_text("top_level.txt")
    if tops is not None:
        return name in tops.split()
    return any(file.parts[0] in (name, f"{name}.py") for file in distribution.files or ())


def _normal(name: str) -> str:
    """A distribution's name in normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
