"""The refusals of policies and versions, as the generated code raises them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gatid.ingress.problem import ProblemError
from gatid_compiler import plan as p

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatid.ingress.rsgi import Headers
    from gatid_compiler.plan import Rate, Release, Route


def header_key(headers: Headers, name: str) -> str | None:
    """The API key in a header; one that is given twice is nobody's."""
    values = headers.get_all(name)
    if not values:
        return None
    return values[0] if len(values) == 1 else ""


def one_key(values: Sequence[str] | None) -> str | None:
    """The API key in a query parameter; one that is given twice is nobody's."""
    if values is None:
        return None
    return values[0] if len(values) == 1 else ""


def bearer(headers: Headers) -> str | None:
    """The token of `Authorization: Bearer` (RFC 6750); one beside another is nobody's."""
    values = headers.get_all("authorization")
    if not values:
        return None
    if len(values) > 1:
        return ""
    scheme, _, token = values[0].partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None


def unauthenticated(app: str, route: Route) -> Callable[[str], ProblemError]:
    """401, saying where a key or a token is expected, and why one that came was not taken."""
    challenges = []
    ways = []
    realm = f'Bearer realm="{_quoted(app)}"'
    tokens = any(isinstance(auth, p.JwtAuth) for auth in route.auth)
    for auth in route.auth:
        if isinstance(auth, p.KeyAuth):
            words = [f'realm="{_quoted(app)}"']
            if auth.header is not None:
                words.append(f'header="{_quoted(auth.header)}"')
            if auth.param is not None:
                words.append(f'param="{_quoted(auth.param)}"')
            challenges.append(f"ApiKey {', '.join(words)}")
            ways.append("API key")
    if tokens:
        challenges.append(realm)
        ways.append("token")
    title = f"a valid {' or '.join(dict.fromkeys(ways))} is needed"

    def refusal(why: str) -> ProblemError:
        said = list(challenges)
        if why:
            said[-1] += f', error="invalid_token", error_description="{_quoted(why)}"'
        headers = (("www-authenticate", ", ".join(said)),)
        return ProblemError(401, "unauthenticated", title, detail=why or None, headers=headers)

    return refusal


def forbidden(route: Route) -> Callable[[Sequence[str]], ProblemError]:
    """403, naming the roles that would do."""
    many = route.roles is not None and route.roles.mode == "any"
    headers: tuple[tuple[str, str], ...] = ()
    if any(isinstance(auth, p.JwtAuth) for auth in route.auth):
        headers = (("www-authenticate", 'Bearer error="insufficient_scope"'),)

    def refusal(lacking: Sequence[str]) -> ProblemError:
        named = (" or " if many else " and ").join(lacking)
        return ProblemError(
            403, "forbidden", "a role is missing", detail=f"needs {named}", headers=headers
        )

    return refusal


def policy_header(rates: Sequence[Rate]) -> str:
    """`RateLimit-Policy` of a route (draft-ietf-httpapi-ratelimit-headers)."""
    return ", ".join(
        f'"{_quoted(r.scope)}";q={r.count};w={max(1, round(r.period / 1000))}' for r in rates
    )


def too_many(rate: Rate) -> Callable[[float], ProblemError]:
    """429, saying when to try again."""
    name = _quoted(rate.scope)

    def refusal(wait: float) -> ProblemError:
        seconds = max(1, math.ceil(wait))
        return ProblemError(
            429,
            "too-many-requests",
            "too many requests",
            headers=(
                ("retry-after", str(seconds)),
                ("ratelimit", f'"{name}";r=0;t={seconds}'),
            ),
        )

    return refusal


def absent(releases: Sequence[Release]) -> Callable[[int], ProblemError]:
    """404 for a route that its release has not; 400 where a release must be named."""

    def refusal(release: int) -> ProblemError:
        if release < 0:
            return ProblemError(400, "version", "a version must be asked for")
        label = releases[release].label
        return ProblemError(
            404, "not-in-this-version", f"there is no such route in version {label}"
        )

    return refusal


def _quoted(text: str) -> str:
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "_" for c in text)
