"""The order of the passes, on one screen: text to syntax to meaning to plan.

Each pass takes values and a report, and goes on after a fault, so that one run tells them
all. A plan comes out only when there was no error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes import (
    code,
    declare,
    effective,
    functions,
    gather,
    handler_types,
    handlers,
    lower,
    policies,
    routes,
    services,
    settings,
    surface,
    topics,
    types,
    uses,
    version_paths,
)
from gatid_compiler.passes.effective import Effective
from gatid_compiler.passes.python import PythonProject
from gatid_compiler.passes.references import References, references
from gatid_compiler.passes.report import Report
from gatid_compiler.timescape import over_time, timeline
from gatid_dsl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from pathlib import Path

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.declare import Names
    from gatid_compiler.timescape.lock.past import Past  # noqa: TC004 — only with versions
    from gatid_compiler.timescape.proofs.hops import Judged  # noqa: TC004 — only with versions


LOCK = "gati.lock"
"""What was released, where anything was; it lies beside the entry file."""


@dataclass(frozen=True, slots=True)
class Result:
    """The plan, None when there was an error; and everything there is to say.

    `settings` tells, for each route, the effective policies and where each came from; `past`,
    where there are versions and no error, what each of them was; `judged` what is proved of the
    transforms between them, also where something is refused after that.
    """

    plan: plan.Plan | None
    diagnostics: tuple[Diagnostic, ...]
    settings: Mapping[str, Effective]
    past: Past | None = None
    judged: Judged | None = None


def compile_project(entry: Path, *, annotations: bool = True) -> Result:
    """Compile the project whose entry file is `entry`, or refuse it whole.

    `annotations` False is for who writes what handlers are annotated with.
    """
    report = Report()
    project = gather.gather(entry, report)
    all_read = report.count == 0
    names = declare.declare(project, report)
    known = report.count
    releases = timeline.releases(names.versions, report)
    timeline_stands = report.count == known

    defs: dict[str, GType] = {}
    reader = types.TypeReader(names.types, report)
    reader.read_all(defs)

    app = settings.settings(names.app, releases, report)
    secrets = services.secrets(names, report)
    used = set[str]()
    modules = services.modules(names, used, report)
    hooks = dict(services.hooks(names, report))
    layers = policies.layers(names, hooks, used, report)
    declared = topics.topics(names, reader, defs, report)
    subscribed = tuple(topics.subscriptions(names, report))
    services.check_unused(names, secrets, used, report)

    heads, removed = (
        {n: routes.head(place, reader, defs, report) for n, place in places.items()}
        for places in (names.routes, names.removed)
    )
    routes.check_conflicts(heads.values(), report)
    version_paths.check(app, releases, (*heads.values(), *removed.values()), names.changes, report)
    held = {
        n: effective.effective(layers.levels(place), place.node.name, report)
        for n, place in names.all_routes.items()
    }
    effective.check_limits(held, report)

    python = PythonProject(project.root, report)
    named = references(names, {**heads, **removed}, hooks, layers.hook_uses)
    handlers.check(named.all, python, report)
    sources, files = code.collect((r.target.module for r in named.all), python)
    modules = surface.manifests(modules, named.modules, python)
    uses.check(names, files, named, held, modules, python, report)

    # Changes speak of declared names and of releases; where those are at fault, most of what
    # could be said of changes would follow from it.
    changes = names.changes if all_read and timeline_stands else []
    sound = not report.has_errors
    unfolded = over_time.contracts(heads, defs, releases, changes, reader, report, removed)

    seen = handler_types.handled(named.handlers, named.kept, unfolded.contracts)
    if annotations:
        handler_types.check(seen, unfolded.types, python, report)

    judged = _judged(releases, unfolded)
    derived = _past(releases, unfolded, names, named, python) if unfolded.judged else None
    past = None if report.has_errors else derived or _past(releases, unfolded, names, named, python)
    if sound and (project.root / LOCK).is_file():
        from gatid_compiler.timescape.lock.judge import judge, judge_refuted, judge_unread

        if not report.has_errors:
            judge(entry.resolve(), past, report)
        elif derived is not None:
            judge_refuted(entry.resolve(), derived, report)
        elif releases:
            # What was edited is told, not what follows from it in changes that were released.
            now = over_time.contracts(heads, defs, releases[-1:], [], reader, Report(), {})
            head = _past(releases[-1:], now, names, named, python)
            if head is not None:
                judge_unread(entry.resolve(), replace(head, releases=releases), head, report)

    found = report.sorted(project.sources)
    if report.has_errors:
        return Result(None, found, held, judged=judged)
    contracts = unfolded.contracts
    compiled = plan.Plan(
        app=app,
        releases=releases,
        secrets=secrets,
        modules=modules,
        hooks=hooks,
        types=lower.reachable((c for cs in contracts.values() for c in cs), unfolded.types),
        routes=tuple(
            lower.route(n, place.node.doc, held[n], app.limits, contracts[n])
            for n, place in names.all_routes.items()
        ),
        code=sources,
        functions=functions.functions(named.all, python),
        topics=declared,
        subscriptions=subscribed,
    )
    return Result(compiled, found, held, past, judged)


def _judged(releases: Sequence[plan.Release], unfolded: over_time.Contracts) -> Judged | None:
    if unfolded.derived is None or not unfolded.judged:
        return None
    from gatid_compiler.timescape.proofs.hops import Judged

    return Judged(releases, unfolded.derived, unfolded.proofs)


def _carriers(named: References, python: PythonProject) -> Mapping[str, str]:
    if not named.carriers:
        return {}
    from gatid_compiler.passes.own_source import source

    return {str(r.target): source(r, python) for r in named.carriers}


def _past(
    releases: Sequence[plan.Release],
    unfolded: over_time.Contracts,
    names: Names,
    named: References,
    python: PythonProject,
) -> Past | None:
    if unfolded.derived is None:
        return None
    from gatid_compiler.timescape.lock.past import Past

    return Past(
        releases=releases,
        contracts=unfolded.contracts,
        types=unfolded.types,
        derived=unfolded.derived,
        proofs=unfolded.proofs,
        versions=names.versions,
        changes=names.changes,
        declared=names.types,
        routes={name: place.node for name, place in names.all_routes.items()},
        carriers=_carriers(named, python),
    )
