"""Python sources, found as the daemon will find them and read without being run.

A module is looked for from the directory of the entry file, then among the standard library
and the installed packages. Nothing is imported on the way, so no code of the project runs.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gatid_compiler.rules import python as rules
from gatid_dsl.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatid_compiler.passes.report import Report


@dataclass(frozen=True, eq=False)
class PythonFile:
    """A parsed Python file. `tree` is None where it cannot be parsed."""

    name: str
    is_package: bool
    source: Source
    tree: ast.Module | None

    @cached_property
    def _bytes_before(self) -> Sequence[str]:
        return self.source.text.split("\n")

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.alias) -> Span:
        """Where a node stands: to its end, or to the end of its line."""
        start = self.offset(node.lineno, node.col_offset)
        if node.end_lineno == node.lineno and node.end_col_offset is not None:
            return Span(self.source, start, self.offset(node.lineno, node.end_col_offset))
        return Span(
            self.source,
            start,
            start
            + len(self.source.line(node.lineno))
            - (start - self.source.line_starts[node.lineno - 1]),
        )

    def offset(self, line: int, column: int) -> int:
        """An offset in code points; columns of `ast` count UTF-8 bytes."""
        text = self._bytes_before[line - 1]
        prefix = text if text.isascii() else text.encode()[:column].decode(errors="ignore")
        return self.source.line_starts[line - 1] + (column if text.isascii() else len(prefix))


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An installed module, or one of the standard library; `file` None without Python source."""

    file: PythonFile | None


class PythonProject:
    """The Python below the entry file's directory, and what is installed beside it."""

    def __init__(self, root: Path, report: Report) -> None:
        self.root = root
        self._report = report
        self._files: dict[Path, PythonFile | None] = {}
        self._ours: dict[str, bool] = {}
        self._modules: dict[str, PythonFile | Elsewhere | None] = {}

    def is_ours(self, top: str) -> bool:
        """Whether a top-level name is the project's own.

        A folder without `__init__.py` counts if it holds Python and no module of the standard
        library has its name: a folder `types` of `.gati` files does not hide `import types`.
        """
        if top not in self._ours:
            self._ours[top] = self._looks_ours(top)
        return self._ours[top]

    def find(self, module: str) -> PythonFile | Elsewhere | None:
        """The module of that dotted name, wherever it is; None if it is nowhere."""
        top = module.partition(".")[0]
        if module not in self._modules:
            ours = self.is_ours(top)
            self._modules[module] = (
                self._project_module(module) if ours else self._installed(module)
            )
        return self._modules[module]

    def parsed(self, path: Path) -> PythonFile | None:
        """A file of the project, parsed once; a syntax error is reported."""
        if path not in self._files:
            relative = path.relative_to(self.root)
            self._files[path] = self._read(path, relative.as_posix(), _dotted(relative))
        return self._files[path]

    def files_of(self, top: str) -> Sequence[Path]:
        """All Python files of a top-level package or module, in the order of their paths."""
        single = self.root / f"{top}.py"
        folder = self.root / top
        if (folder / "__init__.py").is_file() or not single.is_file():
            return sorted(_python_below(folder))
        return (single,)

    def submodules(self, module: str) -> Iterable[str]:
        """The names one level below a dotted name of the project, or at the top for ``""``."""
        folder = self.root.joinpath(*module.split(".")) if module else self.root
        if not folder.is_dir():
            return
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py" and path.stem != "__init__":
                yield path.stem
            elif path.is_dir() and path.name.isidentifier() and any(_python_below(path)):
                yield path.name

    def _looks_ours(self, top: str) -> bool:
        if not top.isidentifier():
            return False
        folder = self.root / top
        if (self.root / f"{top}.py").is_file() or (folder / "__init__.py").is_file():
            return True
        if top in sys.stdlib_module_names or not folder.is_dir():
            return False
        return any(_python_below(folder))

    def _project_module(self, module: str) -> PythonFile | Elsewhere | None:
        base = self.root.joinpath(*module.split("."))
        for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if path.is_file():
                found = self.parsed(path)
                # What cannot be read has been reported; it is not missing as well.
                return found if found is not None else Elsewhere(None)
        return Elsewhere(None) if base.is_dir() and any(_python_below(base)) else None

    def _installed(self, module: str) -> Elsewhere | None:
        spec = _spec(module, self.root)
        if spec is None:
            return None
        origin = Path(spec.origin) if spec.has_location and spec.origin else None
        if origin is None or origin.suffix != ".py":
            return Elsewhere(None)
        return Elsewhere(self._read(origin, str(origin), module, ours=False))

    def _read(self, path: Path, shown: str, module: str, *, ours: bool = True) -> PythonFile | None:
        try:
            with tokenize.open(path) as file:
                text = file.read()
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            if ours:
                self._broken(Source(shown, ""), 0, f"it cannot be read: {error}")
            return None
        source = Source(shown, text)
        tree: ast.Module | None = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except SyntaxError as error:
            if ours:
                self._broken(source, _place(source, error), error.msg)
        except (ValueError, RecursionError, MemoryError) as error:
            if ours:
                self._broken(source, 0, str(error) or "it is nested too deeply")
        return PythonFile(module, path.name == "__init__.py", source, tree)

    def _broken(self, source: Source, offset: int, reason: str) -> None:
        self._report.add(
            rules.PYTHON_SYNTAX.at(
                Span(source, offset, offset),
                f"this is no Python: {reason[:1].lower()}{reason[1:]}",
                help=f"`python -m py_compile {source.path}` says the same",
            )
        )


def _dotted(relative: Path) -> str:
    parts = relative.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _python_below(folder: Path) -> Iterable[Path]:
    """Python files below a folder; dot folders and `__pycache__` are left out."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from _python_below(path)
        elif path.suffix == ".py":
            yield path


def _place(source: Source, error: SyntaxError) -> int:
    line = min(error.lineno or 1, len(source.line_starts))
    length = len(source.line(line))
    return source.line_starts[line - 1] + min(max((error.offset or 1) - 1, 0), length)


def _spec(module: str, root: Path) -> importlib.machinery.ModuleSpec | None:
    """The module's spec, found from its top-level package down, without importing any."""
    here = {root.resolve(), Path.cwd().resolve()}
    path: list[str] | None = [
        entry for entry in sys.path if entry and Path(entry).resolve() not in here
    ]
    name = ""
    spec: importlib.machinery.ModuleSpec | None = None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        spec = _one_spec(name, path, top=name == part)
        if spec is None:
            return None
        locations = spec.submodule_search_locations
        path = list(locations) if locations is not None else []
    return spec


def _one_spec(
    name: str, path: list[str] | None, *, top: bool
) -> importlib.machinery.ModuleSpec | None:
    if not top and not path:
        return None
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if find is None:
            continue
        is_path = finder is importlib.machinery.PathFinder
        spec: importlib.machinery.ModuleSpec | None = find(
            name, path if is_path or not top else None
        )
        if spec is not None:
            return spec
    return None
