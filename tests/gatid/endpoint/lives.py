"""Routes with a past: what each was in every release, as data, and the project that says so.

The data come first, release by release and oldest first; the project is written from them, as
a user would who breaks an API and keeps the code of the clients before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class Place:
    """A method and a path; a GET is asked by its query, all others by their body."""

    method: str
    path: str

    @property
    def part(self) -> str:
        return "query" if self.method == "GET" else "body"


@dataclass(frozen=True)
class Era:
    """Releases from `since` on that one handler answers: at one place, with one status. What is
    asked is one number, and `fields` is what it is called in each of the releases. 204 is a
    fixed answer.
    """

    since: int
    place: Place
    status: int
    fields: tuple[str, ...]
    is_async: bool

    @property
    def until(self) -> int:
        return self.since + len(self.fields)

    def looks(self, at: int) -> tuple[str, str, int]:
        """What clients see in one of its releases, wherever it is."""
        return self.place.part, self.fields[at], self.status


@dataclass(frozen=True)
class Life:
    """A route, its eras oldest first."""

    name: str
    eras: tuple[Era, ...]

    def era(self, release: int) -> Era | None:
        """Who answers in a release."""
        return next((e for e in self.eras if e.since <= release < e.until), None)

    def handler(self, era: Era) -> str:
        return f"{self.name}_{era.since}"


@dataclass(frozen=True)
class Past:
    """An application of several releases, `v0` the first of them."""

    count: int
    lives: tuple[Life, ...]

    @property
    def gati(self) -> str:
        lines = ['app shop {\n  listen "127.0.0.1:0"\n  auth none\n}']
        lines += [f"version 2025-01-{r + 1:02} as v{r}" for r in range(self.count)]
        for life in self.lives:
            if life.eras[-1].until == self.count:
                lines.append(_route(life))
        for release in range(1, self.count):
            said = [line for life in self.lives for line in _change(life, release)]
            if said:
                lines += [f"change v{release} {{", *said, "}"]
        return "\n".join(lines) + "\n"

    @property
    def python(self) -> str:
        return "\n\n".join(_function(life, era) for life in self.lives for era in life.eras)


def _shape(era: Era, *, stated: bool = False) -> Iterator[str]:
    name = era.fields[-1]
    yield f"  {era.place.part} {{ {name}: int }}"
    if stated and era.place.part == "body":
        yield "  query { }"
    yield f"  returns {era.status}{f' {{ {name}: int, by: string }}' if era.status != 204 else ''}"


def _handler(life: Life, era: Era) -> str:
    return f"  handler {'static 204' if era.status == 204 else f'code:{life.handler(era)}'}"


def _route(life: Life) -> str:
    era = life.eras[-1]
    head = f"route {life.name} {era.place.method} {era.place.path} {{"
    return "\n".join((head, *_shape(era), _handler(life, era), "}"))


def _change(life: Life, release: int) -> Iterator[str]:
    before, now = life.era(release - 1), life.era(release)
    if now is None:
        if before is not None:
            yield f"route {life.name} removed {{\n{_route(life)}\n}}"
    elif before is None:
        yield f"route {life.name} added"
    elif before is now:
        was, name = (now.fields[r - now.since] for r in (release - 1, release))
        if was != name:
            yield f"route {life.name} {{"
            yield f"  rename {now.place.part}.{was} -> {now.place.part}.{name}"
            if now.status != 204:
                yield f"  rename response.body.{was} -> response.body.{name}"
            yield "}"
    else:
        yield f"route {life.name} {{"
        if before.place != now.place:
            yield f"  moved from {before.place.method} {before.place.path}"
        if before.looks(-1) != now.looks(0):
            yield from _shape(before, stated=True)
        yield f"{_handler(life, before)}\n}}"


def _function(life: Life, era: Era) -> str:
    name, handler = era.fields[-1], life.handler(era)
    return (
        f"{'async ' if era.is_async else ''}def {handler}(req, res, gctx, lctx):\n"
        f"    seen = dict(req.{era.place.part})\n"
        f"    assert set(seen) == {{{name!r}}}, seen\n"
        f"    return {{{name!r}: seen[{name!r}], 'by': {handler!r}}}\n"
    )


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """One to three routes over two to five releases."""
    count = draw(st.integers(2, 5))
    taken: set[tuple[Place, int]] = set()
    lives = []
    for number in range(draw(st.integers(1, 3))):
        since = draw(st.sampled_from([0, 0, 0, *range(count)]))
        end = draw(st.sampled_from([count, count, *range(since + 1, count + 1)]))
        cuts = {since, *draw(st.lists(st.integers(since, end - 1), max_size=3))}
        starts = sorted(cuts)
        eras = []
        for start, until in zip(starts, [*starts[1:], end], strict=True):
            free = [p for p in PLACES if not taken & {(p, r) for r in range(start, until)}]
            if not free:
                break
            place = draw(st.sampled_from(free))
            taken |= {(place, r) for r in range(start, until)}
            fields = tuple(draw(st.sampled_from(NAMES)) for _ in range(start, until))
            status = draw(st.sampled_from([200, 201, 204]))
            eras.append(Era(start, place, status, fields, draw(st.booleans())))
        if eras:
            lives.append(Life(f"r{number}", tuple(eras)))
    return Past(count, tuple(lives))


PLACES = tuple(Place(method, path) for path in ("/x", "/y/z") for method in ("GET", "POST", "PUT"))
