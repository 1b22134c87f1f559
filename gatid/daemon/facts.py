"""What a plan says, as rows: its releases, contracts, manifests, types and transforms.

The job that tries a plan reads them out of it, for the supervisor itself never reads plans.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gatid_compiler.manifest import Manifests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid_compiler.plan import Plan

Row = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows by what they are of, sorted; those of `releases`, `contracts` and `modules` are one
    plan's own.

    releases   position, unix seconds, date, tags as a JSON list, sunset
    contracts  id, route, seq, since, until (positions of releases), manifest
    modules    name, manifest
    manifests  id, content as canonical JSON
    uses       manifest, part, type
    gtypes     fingerprint, content as canonical JSON
    carries    manifest, way, status, transform, proved
    transforms id, source
    """

    app: str
    releases: tuple[Row, ...] = ()
    contracts: tuple[Row, ...] = ()
    modules: tuple[Row, ...] = ()
    manifests: tuple[Row, ...] = ()
    uses: tuple[Row, ...] = ()
    gtypes: tuple[Row, ...] = ()
    carries: tuple[Row, ...] = ()
    transforms: tuple[Row, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data, for the pipe between a job and the supervisor."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Facts:
        """What `to_json` gave."""
        rows = {key: tuple(map(tuple, value)) for key, value in data.items() if key != "app"}
        return Facts(data["app"], **rows)


def facts(plan: Plan) -> Facts:
    """What a plan says."""
    made = Manifests(plan)
    contracts: list[Row] = []
    manifests: dict[str, Row] = {}
    uses: list[Row] = []
    carries: list[Row] = []
    for route in plan.routes:
        for c in route.contracts:
            manifest = made.of(route, c)
            contracts.append((c.id, route.name, c.seq, c.since, c.until, manifest.id))
            if manifest.id in manifests:
                continue
            manifests[manifest.id] = manifest.id, manifest.content
            uses += ((manifest.id, part, print_) for part, print_ in manifest.types.items())
            carries += (
                (manifest.id, each.way, each.status, each.transform, int(each.proved))
                for each in manifest.carries
            )
    modules: list[Row] = []
    for module in plan.modules.values():
        manifest = made.module(module)
        modules.append((module.name, manifest.id))
        manifests[manifest.id] = manifest.id, manifest.content
    return Facts(
        plan.app.name,
        tuple(
            (i, release.unix, release.date, json.dumps(release.tags), release.sunset)
            for i, release in enumerate(plan.releases)
        ),
        *(
            tuple(sorted(rows))
            for rows in (
                contracts,
                modules,
                manifests.values(),
                uses,
                made.gtypes.items(),
                carries,
                made.transforms.items(),
            )
        ),
    )
