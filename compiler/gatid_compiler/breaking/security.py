"""Who may call, and how often: what changed for callers, decided by sets of roles."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gatid_compiler.breaking.change import Change, Verdict, Witness, sentence
from gatid_compiler.breaking.quantities import rate_text
from gatid_compiler.plan import Auth, JwtAuth, KeyAuth, NoAuth, Rate, Roles, Route

if TYPE_CHECKING:
    from collections.abc import Iterator


def security(old: Route, new: Route) -> Iterator[Change]:
    """The changes of authentication, of roles, and of rate limits."""
    yield from _auth(old, new)
    yield from _roles(old, new)
    yield from _rates(old, new)


def _one(
    route: Route, rule: str, verdict: Verdict, old: object = "", new: object = "",
    witness: Witness | None = None, reason: str | None = None, name: str = "",
) -> Change:  # fmt: skip
    text = sentence(rule, name, old, new)
    return Change(rule, verdict, text, route.name, witness=witness, reason=reason)


def _ways(auth: tuple[Auth, ...]) -> dict[str, list[str]]:
    """How a caller may show who it is, and the secrets whose keys are taken that way."""
    found: dict[str, list[str]] = {}
    for way in auth:
        if isinstance(way, JwtAuth):
            for audience in way.audience:
                token = f"a token of `{way.issuer}` for `{audience}`"
                found.setdefault(token, []).append(way.keys)
        if isinstance(way, KeyAuth):
            if way.header:
                found.setdefault(f"a key in the header `{way.header}`", []).append(way.keys)
            if way.param:
                way_in = f"a key in the query parameter `{way.param}`"
                found.setdefault(way_in, []).append(way.keys)
    return found


def _open(auth: tuple[Auth, ...]) -> bool:
    return not auth or any(isinstance(way, NoAuth) for way in auth)


def _auth(old: Route, new: Route) -> Iterator[Change]:
    was, is_ = _ways(old.auth), _ways(new.auth)
    if _open(old.auth):
        if not _open(new.auth):
            yield _one(new, "auth-added", "breaking", new=" or ".join(is_))
        return
    if _open(new.auth):
        yield _one(new, "auth-removed", "compatible", old=" or ".join(was))
        return
    for way in was:
        if way not in is_:
            yield _one(new, "auth-alternative-removed", "breaking", old=way)
    for way in is_:
        if way not in was:
            yield _one(new, "auth-alternative-added", "compatible", new=way)
    yield from _tokens(old, new)
    shared = [(was[way], is_[way]) for way in was if way in is_]
    for before, after in dict.fromkeys((tuple(b), tuple(a)) for b, a in shared):
        gone = [keys for keys in before if keys not in after]
        come = [keys for keys in after if keys not in before]
        if gone and come:
            pair = " and ".join(gone), " and ".join(come)
            reason = "which keys are in a secret is not known here"
            yield _one(new, "auth-keys-changed", "unknown", *pair, reason=reason)
            continue
        for keys in gone:
            yield _one(new, "auth-alternative-removed", "breaking", old=f"a key of `{keys}`")
        for keys in come:
            yield _one(new, "auth-alternative-added", "compatible", new=f"a key of `{keys}`")


def _tokens(old: Route, new: Route) -> Iterator[Change]:
    """What tokens of one issuer must be, where it is not the same any more."""
    after = {way.issuer: way for way in new.auth if isinstance(way, JwtAuth)}
    for way in old.auth:
        if not isinstance(way, JwtAuth) or way.issuer not in after:
            continue
        was, is_ = _asked(way), _asked(after[way.issuer])
        reason = "what tokens hold is not known here"
        for what in was:
            if was[what] != is_[what]:
                pair = was[what], is_[what]
                yield _one(new, "auth-token-changed", "unknown", *pair, reason=reason, name=what)


def _asked(way: JwtAuth) -> dict[str, str]:
    return {
        "algorithms": _listed(way.algorithms),
        "leeway": f"{way.leeway} ms",
        "subject": f"`{way.subject}`",
        "roles": _listed(() if way.roles is None else (way.roles,)),
        "require": _listed(way.require),
    }


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _roles(old: Route, new: Route) -> Iterator[Change]:
    if old.roles == new.roles or _open(old.auth) or _open(new.auth):
        return
    was, is_ = _roles_text(old.roles), _roles_text(new.roles)
    locked_out = _refused(old.roles, new.roles)
    if old.roles is None or new.roles is None:
        rule = "roles-added" if old.roles is None else "roles-removed"
    elif locked_out is None and _refused(new.roles, old.roles) is None:
        return
    else:
        rule = "roles-widened" if locked_out is None else "roles-narrowed"
    if locked_out is None:
        yield _one(new, rule, "compatible", was, is_)
    else:
        witness = Witness({"roles": sorted(locked_out)})
        yield _one(new, rule, "breaking", was, is_, witness)


def _refused(old: Roles | None, new: Roles | None) -> frozenset[str] | None:
    """A smallest set of roles that was enough and is not any more; None if there is none."""
    return next((held for held in _enough(old) if not _admits(new, held)), None)


def _enough(roles: Roles | None) -> list[frozenset[str]]:
    """The smallest sets of roles that are enough: all others hold one of them."""
    if roles is None:
        return [frozenset()]
    if roles.mode == "all":
        return [frozenset(roles.names)]
    return [frozenset((name,)) for name in roles.names]


def _admits(roles: Roles | None, held: frozenset[str]) -> bool:
    if roles is None:
        return True
    wanted = frozenset(roles.names)
    return wanted <= held if roles.mode == "all" else bool(wanted & held)


def _roles_text(roles: Roles | None) -> str:
    if roles is None:
        return "any role"
    return f"`{roles.mode}({', '.join(roles.names)})`"


def _rates(old: Route, new: Route) -> Iterator[Change]:
    """Limits are compared by whom they count for; what cannot be paired came or went."""
    left = list((Counter(map(_bare, old.rates)) - Counter(map(_bare, new.rates))).elements())
    come = list((Counter(map(_bare, new.rates)) - Counter(map(_bare, old.rates))).elements())
    for rate in list(left):
        other = next((r for r in come if r.per == rate.per), None)
        if other is None:
            yield _one(new, "rate-removed", "compatible", old=rate_text(rate))
            continue
        come.remove(other)
        lower = other.count * rate.period < rate.count * other.period or other.burst < rate.burst
        rule = "rate-lowered" if lower else "rate-raised"
        verdict: Verdict = "breaking" if lower else "compatible"
        yield _one(new, rule, verdict, rate_text(rate), rate_text(other))
    for rate in come:
        yield _one(new, "rate-added", "breaking", new=rate_text(rate))


def _bare(rate: Rate) -> Rate:
    """The limit wherever it was declared."""
    return Rate("", rate.count, rate.period, rate.per, rate.burst)
