"""A project as far as the timescape sees it, derived with changes that are not in its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gatid_compiler.gtypes.model import GType
from gatid_compiler.passes import declare, gather, routes, types
from gatid_compiler.passes.declare import Names
from gatid_compiler.passes.own_source import source
from gatid_compiler.passes.python import PythonProject
from gatid_compiler.passes.references import carriers
from gatid_compiler.passes.report import Report
from gatid_compiler.plan import Release
from gatid_compiler.timescape import timeline, unfold
from gatid_compiler.timescape.lock.past import Past
from gatid_dsl import parse, syntax
from gatid_dsl.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_dsl.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Tree:
    """What is declared now. `versions` and `changes` are those of `names`, and more where a
    proposal is tried.
    """

    entry: Path
    names: Names
    heads: tuple[unfold.HeadRoute, ...]
    removed: tuple[unfold.HeadRoute, ...]
    carriers: Mapping[str, str]
    defs: dict[str, GType]
    reader: types.TypeReader
    reading: Report
    releases: tuple[Release, ...]
    versions: tuple[syntax.Version, ...]
    changes: tuple[syntax.Change, ...]

    def tried(self, proposal: Source, *, first: bool) -> Tree:
        """The tree with what the proposal declares, its changes before the others or after."""
        parsed = parse.parse(proposal)
        declared = parsed.file.declarations
        versions = [d for d in declared if isinstance(d, syntax.Version)]
        changes = tuple(d for d in declared if isinstance(d, syntax.Change))
        self.reading.extend(parsed.diagnostics)
        return self._of(
            (*self.versions, *versions),
            (*changes, *self.changes) if first else (*self.changes, *changes),
        )

    def _of(self, versions: Sequence[syntax.Version], changes: Sequence[syntax.Change]) -> Tree:
        return replace(
            self,
            versions=tuple(versions),
            changes=tuple(changes),
            releases=timeline.releases(versions, self.reading),
        )

    def released(self) -> Tree:
        """The tree, as one version where it declares none."""
        if self.releases:
            return self
        return self.tried(Source("suggested", "version 1970-01-01 as it"), first=False)

    def since(self, release: int) -> Tree:
        """The tree without the releases before one, and without the changes up to it."""
        kept = self.releases[release:]
        dates = {each.date for each in kept}
        tags = {tag for each in kept[1:] for tag in each.tags}
        changes = tuple(c for c in self.changes if c.tag.text in tags)
        gone = {
            block.route.name.text
            for change in changes
            for block in change.body
            if isinstance(block, syntax.RouteRemoved)
        }
        return replace(
            self,
            releases=kept,
            versions=tuple(v for v in self.versions if v.date.text in dates),
            changes=changes,
            removed=tuple(route for route in self.removed if route.name in gone),
        )

    def derived(self, report: Report) -> Past | None:
        """What each release was; None when something is refused, which is reported. What is not
        proved is reported as well, and may be refuted.
        """
        unfolded = unfold.unfold(
            self.heads,
            self.defs,
            self.releases,
            self.changes,
            self.reader,
            report,
            self.removed,
        )
        if report.has_errors or unfolded.derived is None:
            return None
        proofs = unfolded.judged(self.releases, report)
        return Past(
            releases=self.releases,
            contracts=unfolded.contracts,
            types=unfolded.types,
            derived=unfolded.derived,
            versions=self.versions,
            changes=self.changes,
            declared=self.names.types,
            routes={name: place.node for name, place in self.names.all_routes.items()},
            carriers=self.carriers,
            proofs=proofs,
        )


def read(entry: Path) -> tuple[Tree | None, tuple[Diagnostic, ...]]:
    """The tree of an entry file; None with everything that is wrong in what it declares.

    Handlers and policies are not looked at: they have no versions.
    """
    report = Report()
    project = gather.gather(entry, report)
    names = declare.declare(project, report)
    defs: dict[str, GType] = {}
    reader = types.TypeReader(names.types, report)
    reader.read_all(defs)
    heads, removed = (
        {n: routes.head(place, reader, defs, report) for n, place in places.items()}
        for places in (names.routes, names.removed)
    )
    routes.check_conflicts(heads.values(), report)
    releases = timeline.releases(names.versions, report)
    python = PythonProject(project.root, Report())
    if report.has_errors:
        return None, report.sorted(project.sources)
    tree = Tree(
        entry=entry.resolve(),
        names=names,
        heads=_routes(heads),
        removed=_routes(removed),
        carriers={str(r.target): source(r, python) for r in carriers(names)},
        defs=defs,
        reader=reader,
        reading=report,
        releases=releases,
        versions=tuple(names.versions),
        changes=tuple(names.changes),
    )
    return tree, ()


def _routes(heads: Mapping[str, routes.Head]) -> tuple[unfold.HeadRoute, ...]:
    return tuple(
        unfold.HeadRoute(n, h.node.method.text, h.path.segments, h.shape, h.handler, h.node)
        for n, h in heads.items()
        if h.handler is not None
    )
