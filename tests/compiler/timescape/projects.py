"""Projects written in a test, as far as the timescape sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import GType
from gatid_compiler.passes import declare, gather, routes, types
from gatid_compiler.passes.report import Report
from gatid_compiler.plan import Release
from gatid_compiler.timescape import timeline, unfold
from gatid_dsl import syntax
from gatid_dsl.parse import parse
from gatid_dsl.render import render_text
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatid_compiler.plan import Contract
    from gatid_compiler.timescape.derive import Derived
    from gatid_dsl.diagnostic import Diagnostic

APP = 'app test { listen "127.0.0.1:0" auth none }\n'


@dataclass(frozen=True, repr=False)
class Project:
    """A project's text, read up to the point where the timescape takes over."""

    releases: tuple[Release, ...]
    changes: tuple[syntax.Change, ...]
    routes: tuple[unfold.HeadRoute, ...]
    removed: tuple[unfold.HeadRoute, ...]
    defs: dict[str, GType]
    reader: types.TypeReader
    report: Report
    source: Source

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        return self.report.sorted([self.source])

    def __repr__(self) -> str:
        return "a project"

    @property
    def text(self) -> str:
        """All that was written."""
        return "\n".join((self.source.text, *(c.span.source.text for c in self.changes)))

    def changed(self, changes: Sequence[str]) -> Project:
        """The project with these changes, each in a file of its own."""
        nodes = []
        for text in changes:
            parsed = parse(Source("changes.gati", text))
            assert not parsed.diagnostics, render_text(parsed.diagnostics)
            nodes.extend(d for d in parsed.file.declarations if isinstance(d, syntax.Change))
        return replace(self, changes=tuple(nodes), report=Report())

    def derived(self) -> Derived:
        derived = unfold.derive(
            self.routes,
            self.defs,
            self.releases,
            self.changes,
            self.reader,
            self.report,
            self.removed,
        )
        assert not self.report.has_errors, render_text(self.faults)
        return derived

    def unfolded(self) -> unfold.Unfolded:
        unfolded = unfold.unfold(
            self.routes,
            self.defs,
            self.releases,
            self.changes,
            self.reader,
            self.report,
            self.removed,
        )
        assert not self.report.has_errors, render_text(self.faults)
        return unfolded

    def contracts(self, route: str) -> tuple[Contract, ...]:
        return self.unfolded().contracts[route]


def project(text: str) -> Project:
    """Reads a project without an `app` and without Python: handlers are not looked for."""
    source = Source("app.gati", text)
    parsed = parse(source)
    assert not parsed.diagnostics, render_text(parsed.diagnostics)
    report = Report()
    files = gather.Project(Path(), (source,), parsed.file.declarations, ())
    names = declare.declare(files, Report())
    defs: dict[str, GType] = {}
    reader = types.TypeReader(names.types, report)
    reader.read_all(defs)
    heads, removed = (
        {n: routes.head(place, reader, defs, report) for n, place in places.items()}
        for places in (names.routes, names.removed)
    )
    return Project(
        timeline.releases(names.versions, report),
        tuple(names.changes),
        _routes(heads),
        _routes(removed),
        defs,
        reader,
        report,
        source,
    )


def _routes(heads: Mapping[str, routes.Head]) -> tuple[unfold.HeadRoute, ...]:
    return tuple(
        unfold.HeadRoute(n, h.node.method.text, h.path.segments, h.shape, h.handler, h.node)
        for n, h in heads.items()
        if h.handler is not None
    )


def function(source: str, name: str, calls: Mapping[str, object] | None = None) -> object:
    """The function that generated source defines, which calls others by these names."""
    namespace: dict[str, object] = dict(calls or {})
    exec(compile(source, "<generated>", "exec"), namespace)  # noqa: S102 - it is what is tested
    return namespace[name]
