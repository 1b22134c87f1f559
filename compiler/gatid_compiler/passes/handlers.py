"""References into Python: the module is there, the name is there, and it can be called."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes.lookup import (
    Callable,
    Class,
    Missing,
    NotCallable,
    Thing,
    Unknown,
    accepts,
    is_generator,
    lookup,
)
from gatid_compiler.passes.members import decorators, members
from gatid_compiler.passes.python import Elsewhere
from gatid_compiler.rules import python as rules
from gatid_dsl.diagnostic import Label
from gatid_dsl.source import Span
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid_compiler.passes.python import PythonFile, PythonProject
    from gatid_compiler.passes.report import Report


@dataclass(frozen=True, slots=True)
class Role:
    """What a reference is used as, and so how it is called."""

    what: str
    call: str
    count: int

    @property
    def context(self) -> int:
        """The place of the parameter that is the global context."""
        return self.count - (1 if self is SUBSCRIBER else 2)


HANDLER = Role("a handler", "(req, res, gctx, lctx)", 4)
HOOK = Role("a hook", "(req, res, gctx, lctx)", 4)
CATCH = Role("a catch hook", "(error, req, res, gctx, lctx)", 5)
CARRIER = Role("a function of `was`", "(value)", 1)
SUBSCRIBER = Role("a subscriber", "(event, gctx)", 2)
MODULE = Role("a module", "(self, mctx)", 1)


@dataclass(frozen=True, slots=True)
class Reference:
    """A `module:name` in a configuration, and what it is used as."""

    target: plan.PyRef
    span: Span
    role: Role


def check(references: Iterable[Reference], project: PythonProject, report: Report) -> None:
    """Report references that lead nowhere or to what cannot be called."""
    for reference in references:
        _Check(reference, project, report).run()


def resolve(reference: Reference, project: PythonProject) -> Thing:
    """What a reference leads to; unknown where the module is missing or unreadable."""
    file = _file(project.find(reference.target.module))
    return Unknown() if file is None else lookup(project, file, reference.target.name)


def _file(found: PythonFile | Elsewhere | None) -> PythonFile | None:
    return found.file if isinstance(found, Elsewhere) else found


class _Check:
    def __init__(self, reference: Reference, project: PythonProject, report: Report) -> None:
        self._reference = reference
        self._target = reference.target
        self._project = project
        self._report = report

    def run(self) -> None:
        found = self._project.find(self._target.module)
        if found is None:
            self._module_missing()
            return
        file = _file(found)
        if file is None:
            if self._is_namespace():
                self._name_missing(())
            return
        match lookup(self._project, file, self._target.name):
            case Missing(names=names):
                self._name_missing(names, file)
            case NotCallable(file=where, node=node, what=what):
                span = where.span(node) if hasattr(node, "lineno") else self._reference.span
                self._refused(span, f"`{self._target.name}` is {what}, which cannot be called")
            case Callable() as function:
                self._function(function)
            case Class() as class_:
                self._class(class_)
            case Unknown():
                pass

    def _is_namespace(self) -> bool:
        """Whether the module is a folder of ours without `__init__.py`: it has no names."""
        folder = self._project.root.joinpath(*self._target.module.split("."))
        return (
            self._project.is_ours(self._target.module.partition(".")[0])
            and folder.is_dir()
            and not (folder / "__init__.py").exists()
            and not folder.with_suffix(".py").exists()
        )

    def _module_missing(self) -> None:
        module = self._target.module
        parent, _, last = module.rpartition(".")
        close = nearest(last, list(self._project.submodules(parent)))
        full = f"{parent}.{close}" if parent else close
        place = module.replace(".", "/") + ".py"
        self._report.add(
            rules.PYTHON_MODULE_MISSING.at(
                self._part(0, len(module)),
                f"there is no Python module `{module}`",
                help=f"did you mean `{full}`?"
                if close
                else f"write `{place}` beside the entry file, or install the package",
                fix=full if close else None,
            )
        )

    def _name_missing(self, names: tuple[str, ...], file: PythonFile | None = None) -> None:
        name = self._target.name
        public = [n for n in names if not n.startswith("_") and n != "*"]
        close = nearest(name, public)
        where = f"`{file.source.path}`" if file is not None else f"`{self._target.module}`"
        self._report.add(
            rules.PYTHON_NAME_MISSING.at(
                self._part(len(self._target.module) + 1, len(str(self._target))),
                f"{where} has no `{name}` at its top level",
                help=f"did you mean `{close}`?"
                if close
                else f"define it there, to be called as `{self._reference.role.call}`",
                fix=close,
            )
        )

    def _function(self, function: Callable) -> None:
        role = self._reference.role
        name = self._target.name
        if role is MODULE:
            self._refused(_head(function), f"`{name}` is a function, and a module is a class")
        elif not accepts(function.node, role.count):
            self._refused(
                _head(function),
                f"`{name}` cannot be called as {role.what} is: `{role.call}`",
            )
        elif is_generator(function.node):
            self._refused(
                _head(function), f"`{name}` is a generator: calling it runs nothing of it"
            )
        elif role is CARRIER and isinstance(function.node, ast.AsyncFunctionDef):
            self._refused(_head(function), f"`{name}` is async, and {role.what} is not awaited")

    def _class(self, class_: Class) -> None:
        role = self._reference.role
        name = self._target.name
        init = class_.init
        if init is None:
            self._refused(
                _first_line(class_.file, class_.node.lineno, class_.node.col_offset),
                f"`{name}` has no `__init__`, so it cannot be called as `{role.call}`",
            )
        elif not accepts(init.node, role.count + init.bound):
            self._refused(
                _head(init),
                f"`{name}` cannot be called as {role.what} is: `{role.call}`",
            )
        elif role is MODULE:
            self._lifecycle(class_)

    def _lifecycle(self, class_: Class) -> None:
        """Gatid awaits these, and gives them nothing."""
        for name, (file, node) in members(class_).items():
            plain = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not decorators(
                node
            )
            if name not in plan.LIFECYCLE or not plain:
                continue
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - plain
            fits = accepts(node, 1)
            if isinstance(node, ast.AsyncFunctionDef) and fits:
                continue
            fault = "is not async" if fits else "cannot be called with `self` alone"
            self._report.add(
                rules.PYTHON_SIGNATURE.at(
                    _first_line(file, node.lineno, node.col_offset),
                    f"`{name}` of a module {fault}",
                    help=f"write it as `async def {name}(self)`",
                    labels=(Label(self._reference.span, "used as a module here"),),
                )
            )

    def _refused(self, span: Span, message: str) -> None:
        role = self._reference.role
        label = Label(self._reference.span, f"used as {role.what} here")
        form = (
            f"def __init__{role.call}" if role is MODULE else f"def {self._target.name}{role.call}"
        )
        self._report.add(
            rules.PYTHON_SIGNATURE.at(
                span,
                message,
                help=f"write it as `class {self._target.name}` with `{form}`"
                if role is MODULE
                else f"write it as `{form}`{'' if role is CARRIER else ', sync or async'}",
                labels=(label,) if span != self._reference.span else (),
            )
        )

    def _part(self, start: int, end: int) -> Span:
        """A part of the reference, where it is written as its canonical text."""
        span = self._reference.span
        if span.text != str(self._target):
            return span
        return Span(span.source, span.start + start, span.start + end)


def _head(function: Callable) -> Span:
    """A function's first line, from `def` to the end of its parameters where that is one line."""
    return _first_line(function.file, function.node.lineno, function.node.col_offset)


def _first_line(file: PythonFile, line: int, column: int) -> Span:
    start = file.offset(line, column)
    text = file.source.line(line)
    end = file.source.line_starts[line - 1] + len(text.rstrip())
    return Span(file.source, start, max(start, end))
