"""Everything decided, put together as one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.passes.effective import counts
from gatid_compiler.passes.settings import DEFAULT_TIMEOUT
from gatid_compiler.passes.type_checks import references

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.passes.effective import Effective


def route(
    name: str,
    doc: str,
    settings: Effective,
    limits: plan.Limits,
    contracts: tuple[plan.Contract, ...],
) -> plan.Route:
    """One route with its effective policies; inner hooks run last before, first after."""
    return plan.Route(
        name=name,
        doc=doc,
        auth=tuple(said.value for said in settings.auth),
        roles=settings.roles.value if settings.roles else None,
        rates=tuple(said.value for said in settings.rates if counts(said.value, settings)),
        timeout=settings.timeout.value if settings.timeout else DEFAULT_TIMEOUT,
        max_body=settings.max_body.value if settings.max_body else limits.max_body,
        before=tuple(said.value for said in settings.before),
        after=tuple(said.value for said in reversed(settings.after)),
        catch=tuple(said.value for said in reversed(settings.catch)),
        secrets=tuple(sorted({said.value for said in settings.secrets})),
        contracts=contracts,
        snapshots=settings.snapshots.value if settings.snapshots else None,
        emits=tuple(sorted({said.value for said in settings.emits})),
        levels={
            "before": tuple(said.by for said in settings.before),
            "after": tuple(said.by for said in reversed(settings.after)),
            "catch": tuple(said.by for said in reversed(settings.catch)),
        },
    )


def reachable(
    contracts: Iterable[plan.Contract], types: Mapping[str, GType]
) -> Mapping[str, GType]:
    """The definitions that the contracts need, and no others."""
    todo = [name for c in contracts for type_ in _needed(c) for name in references(type_)]
    found: dict[str, GType] = {}
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = types[name]
            todo.extend(references(types[name]))
    return dict(sorted(found.items()))


def _needed(contract: plan.Contract) -> Iterator[GType]:
    for shape in (contract.shape, contract.handler_shape):
        yield from _types(shape)
    for carried in (contract.up, *contract.down):
        for call in () if carried is None else carried.calls:
            yield call.type


def _types(shape: plan.Shape) -> Iterator[GType]:
    for part in (shape.path, shape.query, shape.headers, shape.cookies, shape.body):
        if part is not None:
            yield part
    for answer in shape.answers:
        if answer.type is not None:
            yield answer.type
