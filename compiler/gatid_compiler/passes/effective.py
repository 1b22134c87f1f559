"""How levels combine: app, groups from the outside in, used policies, own lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gatid_compiler import plan
from gatid_compiler.passes.layers import Layer, Said
from gatid_compiler.rules import policies as rules
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gatid_compiler.passes.report import Report
    from gatid_dsl import syntax

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for one route, each setting with the place that it came from.

    Hooks stand in the order of writing, from the outside in; `after` and `catch` run in the
    exact reverse.
    """

    auth: tuple[Said[plan.Auth], ...] = ()
    roles: Said[plan.Roles] | None = None
    timeout: Said[int] | None = None
    max_body: Said[int] | None = None
    rates: tuple[Said[plan.Rate], ...] = ()
    before: tuple[Said[str], ...] = ()
    after: tuple[Said[str], ...] = ()
    catch: tuple[Said[str], ...] = ()
    secrets: tuple[Said[str], ...] = ()
    snapshots: Said[plan.Snapshots] | None = None
    emits: tuple[Said[str], ...] = ()
    unsure: bool = False

    @property
    def named(self) -> bool:
        """Whether some `auth` asks who calls."""
        return any(not isinstance(said.value, plan.NoAuth) for said in self.auth)

    @property
    def open(self) -> bool:
        """Whether `auth none` was said, and nothing beside it."""
        return bool(self.auth) and not self.named

    @property
    def authenticated(self) -> bool:
        """Whether callers are somebody, as far as can be told."""
        return self.named or (self.unsure and not self.auth)


def effective(levels: Sequence[Layer], route: syntax.Word, report: Report) -> Effective:
    """The settings of a route, given its levels from the outside in."""
    result = Effective()
    for level in levels:
        result = _inside(result, _flat(level, report))
    if result.roles is not None and not result.authenticated:
        _roles_without_auth(result.roles, result, route, report)
    elif not (result.auth or result.unsure or report.is_damaged(route.span)):
        report.add(
            rules.OPEN_ROUTE.at(
                route.span,
                f"no policy says who may call `{route.text}`, so anyone may",
                help="say `auth none` if that is meant, else `auth key { … }`, here or in a "
                "policy that its groups or the app use",
            )
        )
    return result


def check_limits(routes: Mapping[str, Effective], report: Report) -> None:
    """Report rates that can never be what stops a request."""
    reach: dict[str, set[str]] = {}
    all_rates: dict[str, Said[plan.Rate]] = {}
    for name, settings in routes.items():
        for said in settings.rates:
            all_rates[said.value.scope] = said
            reach.setdefault(said.value.scope, set())
            if counts(said.value, settings):
                reach[said.value.scope].add(name)
    for scope, said in all_rates.items():
        if not reach[scope]:
            report.add(
                rules.UNREACHABLE_LIMIT.at(
                    said.span,
                    f"`per {said.value.per}` counts callers, but nobody is authenticated here",
                    help="count `per address`, or add `auth key { … }`",
                )
            )
    for settings in routes.values():
        rates = [said for said in settings.rates if reach[said.value.scope]]
        for index, inner in enumerate(rates):
            for outer in rates[:index] + rates[index + 1 :]:
                first = rates.index(outer) < index
                if _hides(outer.value, inner.value, first, reach):
                    _unreachable(inner, outer, report)
                    break


def counts(rate: plan.Rate, settings: Effective) -> bool:
    """Whether a rate holds for a route: callers are counted only where they are somebody."""
    return rate.per in ("address", "route") or settings.authenticated


def _flat(layer: Layer, report: Report) -> Effective:
    """A level as one: the policies that it uses, then its own lines, which beat them."""
    used = [(word, _flat(policy, report)) for word, policy in layer.uses]
    below = Effective(
        auth=_distinct(said for _, policy in used for said in policy.auth),
        roles=_only([(w, p.roles) for w, p in used], "roles", layer.roles, report),
        timeout=_only([(w, p.timeout) for w, p in used], "timeout", layer.timeout, report),
        max_body=_only([(w, p.max_body) for w, p in used], "max_body", layer.max_body, report),
        rates=_distinct(said for _, policy in used for said in policy.rates),
        before=_distinct(said for _, policy in used for said in policy.before),
        after=_distinct(said for _, policy in used for said in policy.after),
        catch=_distinct(said for _, policy in used for said in policy.catch),
        secrets=_distinct(said for _, policy in used for said in policy.secrets),
        snapshots=_only([(w, p.snapshots) for w, p in used], "snapshot", layer.snapshots, report),
        emits=_distinct(said for _, policy in used for said in policy.emits),
        unsure=any(policy.unsure for _, policy in used),
    )
    own = Effective(
        layer.auth,
        layer.roles,
        layer.timeout,
        layer.max_body,
        layer.rates,
        layer.before,
        layer.after,
        layer.catch,
        layer.secrets,
        layer.snapshots,
        layer.emits,
        layer.unsure,
    )
    _none_beside(own.auth or below.auth, report)
    return _inside(below, own)


def _inside(outer: Effective, inner: Effective) -> Effective:
    """The inner level against the outer one; `auth none` clears the roles outside it."""
    outer_roles = None if inner.open else outer.roles
    return Effective(
        inner.auth or outer.auth,
        inner.roles or outer_roles,
        inner.timeout or outer.timeout,
        inner.max_body or outer.max_body,
        _distinct((*outer.rates, *inner.rates)),
        _distinct((*outer.before, *inner.before)),
        _distinct((*outer.after, *inner.after)),
        _distinct((*outer.catch, *inner.catch)),
        _distinct((*outer.secrets, *inner.secrets)),
        inner.snapshots or outer.snapshots,
        _distinct((*outer.emits, *inner.emits)),
        inner.unsure or (outer.unsure and not inner.auth),
    )


def _distinct(said: Iterable[Said[T]]) -> tuple[Said[T], ...]:
    """One line of a policy holds once, however often the policy is used."""
    return tuple({(id(s.span.source), s.span.start): s for s in said}.values())


def _only(
    used: Sequence[tuple[syntax.Word, Said[T] | None]],
    what: str,
    own: Said[T] | None,
    report: Report,
) -> Said[T] | None:
    first: tuple[syntax.Word, Said[T]] | None = None
    for word, said in used:
        if said is None:
            continue
        if first is None:
            first = (word, said)
        elif said.span != first[1].span and own is None:
            report.add(
                rules.CONFLICTING_POLICIES.at(
                    word.span,
                    f"`{word.text}` and `{first[0].text}` both set `{what}`",
                    help=f"say it here: a line `{said.span.text}` of its own beats both",
                    labels=(
                        Label(first[1].span, f"set by `{first[1].by}`"),
                        Label(said.span, f"set by `{said.by}`"),
                    ),
                )
            )
    return first[1] if first else None


def _none_beside(auth: Sequence[Said[plan.Auth]], report: Report) -> None:
    none = next((said for said in auth if isinstance(said.value, plan.NoAuth)), None)
    other = next((said for said in auth if not isinstance(said.value, plan.NoAuth)), None)
    if none is not None and other is not None:
        report.add(
            rules.AUTH_NONE_BESIDE.at(
                none.span,
                "`auth none` lets anyone in, so the other `auth` would do nothing",
                help="take one of them away",
                labels=(Label(other.span, "the other one"),),
            )
        )


def _roles_without_auth(
    roles: Said[plan.Roles], settings: Effective, route: syntax.Word, report: Report
) -> None:
    labels = [Label(said.span, "anyone may call") for said in settings.auth[:1]]
    report.add(
        rules.ROLES_WITHOUT_AUTH.at(
            roles.span,
            "roles are asked for where nobody is authenticated",
            help="add `auth key { … }`, or take the roles away",
            labels=(*labels, Label(route.span, "no caller of this route has a role")),
        )
    )


def _hides(outer: plan.Rate, inner: plan.Rate, first: bool, reach: Mapping[str, set[str]]) -> bool:
    """Whether `outer` always refuses before `inner` does; of two equals the first stays."""
    if outer.per != inner.per or outer.burst > inner.burst:
        return False
    if outer.per != "route" and not reach[inner.scope] <= reach[outer.scope]:
        return False
    left, right = outer.count * inner.period, inner.count * outer.period
    if left == right and outer.burst == inner.burst:
        return first and reach[inner.scope] <= reach[outer.scope]
    return left <= right


def _unreachable(inner: Said[plan.Rate], outer: Said[plan.Rate], report: Report) -> None:
    report.add(
        rules.UNREACHABLE_LIMIT.at(
            inner.span,
            "this limit is never reached: a tighter one stops every request before",
            help="lower it below the other one, or take it away",
            labels=(Label(outer.span, f"the tighter one, of `{outer.by}`"),),
        )
    )
