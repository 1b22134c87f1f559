"""What changed for every caller: limits, versions, and how they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.breaking.change import Change, Verdict, sentence
from gatid_compiler.breaking.quantities import duration_text, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid_compiler.plan import Plan, Release, Route, Selectors


def application(old: Plan, new: Plan) -> Iterator[Change]:
    """The changes that belong to no route."""
    was, is_ = old.app.limits, new.app.limits
    yield from _limit("max-header", was.max_header, is_.max_header, size_text)
    yield from _limit("depth", was.depth, is_.depth, str)
    if was.duplicate_keys != is_.duplicate_keys:
        if is_.duplicate_keys == "refused":
            yield _one("duplicate-keys-refused", "breaking")
        else:
            yield _one("duplicate-keys-taken", "compatible")
    yield from _releases(old.releases, new.releases)
    if old.releases and new.releases:
        yield from _selectors(old, new)


def allowances(old: Route, new: Route) -> Iterator[Change]:
    """What a route gives a call: time, and room for its body."""
    has_body = any(c.shape.body is not None or c.shape.body_bytes for c in new.contracts)
    if has_body:
        yield from _limit("max-body", old.max_body, new.max_body, size_text, new.name)
    if old.timeout != new.timeout:
        rule = "timeout-lowered" if new.timeout < old.timeout else "timeout-raised"
        texts = duration_text(old.timeout), duration_text(new.timeout)
        if new.timeout > old.timeout:
            yield _one(rule, "compatible", *texts, route=new.name)
        else:
            reason = "how long calls take is not known here"
            yield _one(rule, "unknown", *texts, route=new.name, reason=reason)


def _one(
    rule: str, verdict: Verdict, old: str = "", new: str = "", name: str = "",
    route: str | None = None, reason: str | None = None,
) -> Change:  # fmt: skip
    return Change(rule, verdict, sentence(rule, name, old, new), route, reason=reason)


def _limit(
    rule: str, old: int, new: int, text: Callable[[int], str], route: str | None = None
) -> Iterator[Change]:
    if new < old:
        yield _one(f"{rule}-lowered", "breaking", text(old), text(new), route=route)
    elif new > old:
        yield _one(f"{rule}-raised", "compatible", text(old), text(new), route=route)


def _releases(old: tuple[Release, ...], new: tuple[Release, ...]) -> Iterator[Change]:
    was, is_ = {r.unix: r for r in old}, {r.unix: r for r in new}
    tags = {tag: r for r in new for tag in r.tags}
    for release in old:
        now = is_.get(release.unix)
        if now is None:
            yield _one("version-removed", "breaking", release.label)
        for tag in release.tags:
            if now is None and tag == release.label and tag not in tags:
                continue
            if tag not in tags:
                yield _one("version-tag-removed", "breaking", tag, release.date)
            elif tags[tag].unix != release.unix:
                reason = "what the two versions answer is compared by `--version`"
                yield _one(
                    "version-tag-moved", "unknown", release.date, tags[tag].date, tag,
                    reason=reason,
                )  # fmt: skip
    before = {tag for r in old for tag in r.tags}
    for release in new:
        if release.unix not in was:
            yield _one("version-added", "compatible", new=release.label)
            continue
        for tag in release.tags:
            if tag not in before:
                yield _one("version-tag-added", "compatible", release.date, tag)


def _selectors(old: Plan, new: Plan) -> Iterator[Change]:
    was, is_ = old.app.selectors, new.app.selectors
    if was is None or is_ is None:
        return
    yield from _selector("version-header", was.header, is_.header, "compatible")
    yield from _selector("version-parameter", was.param, is_.param, "unknown")
    yield from _default(was, is_)


def _selector(rule: str, old: str | None, new: str | None, when_added: Verdict) -> Iterator[Change]:
    if old == new:
        return
    if old is None:
        reason = None if when_added == "compatible" else f"a route may read `{new}` itself"
        yield _one(f"{rule}-added", when_added, new=new or "", reason=reason)
    elif new is None:
        yield _one(f"{rule}-removed", "breaking", old)
    else:
        yield _one(f"{rule}-changed", "breaking", old, new)


def _default(old: Selectors, new: Selectors) -> Iterator[Change]:
    if old.default == new.default:
        return
    if new.default == "require":
        yield _one("version-default-required", "breaking", old.default)
    elif old.default == "require":
        yield _one("version-default-changed", "compatible", old.default, new.default)
    else:
        reason = "what the two versions answer is compared by `--version`"
        yield _one("version-default-changed", "unknown", old.default, new.default, reason=reason)
