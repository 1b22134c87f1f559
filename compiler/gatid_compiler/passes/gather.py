"""The files of a project: the entry file and what it includes, each read and parsed once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

from gatid_compiler.passes.damage import damaged
from gatid_compiler.rules import project as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label
from gatid_dsl.files import read
from gatid_dsl.parse import parse
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.passes.report import Report
    from gatid_dsl.source import Span


@dataclass(frozen=True, slots=True)
class Project:
    """All declarations in one namespace, included ones where their `include` stands.

    `broken` holds the sources with syntax errors: what they were to declare may be missing.
    """

    root: Path
    sources: tuple[Source, ...]
    declarations: tuple[syntax.Declaration, ...]
    broken: tuple[Source, ...]


def gather(entry: Path, report: Report) -> Project:
    """Read the entry file and everything that it includes, directly or not."""
    return _Gathering(entry.resolve().parent, report).project(entry.resolve())


class _Gathering:
    def __init__(self, root: Path, report: Report) -> None:
        self._root = root
        self._report = report
        self._sources: dict[Path, Source] = {}
        self._broken: list[Source] = []

    def project(self, entry: Path) -> Project:
        source = self._read(entry)
        declarations = () if source is None else tuple(self._parsed(entry, source, ()))
        if source is None:
            self._sources[entry] = Source(entry.name, "")
            self._broken.append(self._sources[entry])
        return Project(self._root, tuple(self._sources.values()), declarations, tuple(self._broken))

    def _parsed(
        self, path: Path, source: Source, way: tuple[Path, ...]
    ) -> Sequence[syntax.Declaration]:
        parsed = parse(source)
        if parsed.diagnostics:
            self._report.extend(parsed.diagnostics)
            self._broken.append(source)
            self._report.damaged(damaged(parsed.file.declarations, parsed.diagnostics))
        found: list[syntax.Declaration] = []
        for declaration in parsed.file.declarations:
            if isinstance(declaration, syntax.Include):
                found.extend(self._included(declaration, path, (*way, path)))
            else:
                found.append(declaration)
        return found

    def _included(
        self, node: syntax.Include, including: Path, way: tuple[Path, ...]
    ) -> Sequence[syntax.Declaration]:
        pattern = node.pattern.value
        found: list[syntax.Declaration] = []
        paths = self._matches(node, including.parent)
        for path in paths or ():
            if path in way:
                self._cycle(node, path, way)
            elif path not in self._sources:
                source = self._read(path)
                if source is not None:
                    found.extend(self._parsed(path, source, way))
        if paths is not None and not paths:
            folder = including.parent
            place = "the entry file's" if folder == self._root else f"`{self._named(folder)}`"
            self._report.add(
                rules.BAD_INCLUDE.at(
                    node.pattern.span,
                    f"no file matches `{pattern}`",
                    help=f"patterns are relative to the including file's folder, here {place}",
                )
            )
        return found

    def _matches(self, node: syntax.Include, folder: Path) -> Sequence[Path] | None:
        pattern = node.pattern.value
        if not pattern or pattern.startswith("/") or "\0" in pattern:
            self._report.add(
                rules.BAD_INCLUDE.at(
                    node.pattern.span,
                    "`include` takes a pattern relative to this file",
                    help='write it like `include "types/*.gati"`',
                )
            )
            return None
        names = sorted(glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207
        paths = (Path(os.path.normpath(folder / name)) for name in names)
        return tuple(dict.fromkeys(path for path in paths if path.is_file()))

    def _cycle(self, node: syntax.Include, path: Path, way: tuple[Path, ...]) -> None:
        name = self._named(path)
        if path == way[-1]:
            message = f"`{name}` includes itself"
            help = "put the included files into a folder of their own, or name them"
        else:
            steps = " includes ".join(f"`{self._named(p)}`" for p in way[way.index(path) :])
            message = f"`{name}` is being read already: {steps}"
            help = "take this line away: all files share one namespace"
        self._report.add(rules.INCLUDE_CYCLE.at(node.pattern.span, message, help=help))

    def _read(self, path: Path) -> Source | None:
        source = read(path, self._named(path))
        if isinstance(source, Source):
            self._sources[path] = source
            return source
        self._report.add(source)
        return None

    def _named(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._root)).as_posix()


def first_place(span: Span) -> Label:
    """The place of an earlier declaration of the same thing."""
    return Label(span, "first declared here")
