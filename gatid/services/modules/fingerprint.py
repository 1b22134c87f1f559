"""When two generations may share a module: same code, same configuration, same capabilities.

The code of a module is its own file and the project's files that it imports, directly or
not, read from their sources. A file that imports by computed names could reach any other, so
then all of the project's code counts.
"""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING

import orjson

from gatid.errors import ModuleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatid_compiler.plan import Module, Plan

_COMPUTED = re.compile(r"\b(import_module|__import__|importlib|runpy|exec|eval)\b")


def fingerprints(plan: Plan) -> dict[str, str]:
    """The fingerprint of every module, in an order in which dependencies come first.

    Raises `ModuleError` when modules depend on each other in a circle.
    """
    done: dict[str, str] = {}
    for name in plan.modules:
        _visit(plan, name, done, ())
    return done


def _visit(plan: Plan, name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in done:
        return
    if name in above:
        circle = " → ".join((*above[above.index(name) :], name))
        raise ModuleError(name, f"modules cannot allow each other in a circle: {circle}")
    module = plan.modules[name]
    for dependency in module.modules:
        _visit(plan, dependency, done, (*above, name))
    done[name] = _fingerprint(plan, module, done)


def _fingerprint(plan: Plan, module: Module, done: Mapping[str, str]) -> str:
    files = plan.code.files
    parts = (
        str(module.target),
        {path: _sha256(files[path]) for path in closure(files, module.target.module)},
        module.config,
        {name: dataclasses.astuple(plan.secrets[name]) for name in module.secrets},
        module.network,
        [dataclasses.astuple(each) for each in module.files],
        None if module.isolation is None else dataclasses.astuple(module.isolation),
        dataclasses.astuple(module.checks),
        module.concurrency,
        {topic: repr(plan.topics[topic]) for topic in module.topics},
        # The clients it was given keep the timeout and retries they were made with.
        {
            name: (done[name], plan.modules[name].timeout, plan.modules[name].retries)
            for name in module.modules
        },
    )
    data = orjson.dumps(parts, default=dict, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()


def closure(files: Mapping[str, str], module: str) -> frozenset[str]:
    """The paths of the project's files that importing `module` may load."""
    found: set[str] = set()
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        if parent:
            waiting.append(parent)
        path = _path(files, name)
        if path is None:
            continue
        found.add(path)
        source = files[path]
        if _COMPUTED.search(source):
            return frozenset(files)
        package = name if path.endswith("__init__.py") else parent
        waiting.extend(_imports(source, package))
    return frozenset(found)


def _path(files: Mapping[str, str], module: str) -> str | None:
    stem = module.replace(".", "/")
    return next((p for p in (f"{stem}/__init__.py", f"{stem}.py") if p in files), None)


def _imports(source: str, package: str) -> Iterator[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{above}.{base}".strip(".")
            yield base
            # What is imported from a package may be a module of it.
            yield from (f"{base}.{alias.name}".strip(".") for alias in node.names)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
