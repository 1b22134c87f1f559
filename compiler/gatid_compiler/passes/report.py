"""What the passes found, gathered in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_dsl.diagnostic import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatid_dsl.diagnostic import Diagnostic, Rule
    from gatid_dsl.source import Source, Span


class Report:
    """Diagnostics in the order of finding; the same one is kept once.

    Several routes reach one policy, several releases one type: what is said of the same text
    with the same words is one fault.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, int, str], Diagnostic] = {}
        self._damaged: set[tuple[int, int]] = set()

    def add(self, diagnostic: Diagnostic) -> None:
        """Take in a diagnostic, unless it is known already."""
        span = diagnostic.span
        key = (diagnostic.code, id(span.source), span.start, span.end, diagnostic.message)
        self._found.setdefault(key, diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take in several."""
        for diagnostic in diagnostics:
            self.add(diagnostic)

    def forget(self, place: Span) -> list[Diagnostic]:
        """Let go of what was found inside of a place, and give it back."""
        inside = [
            key
            for key in self._found
            if key[1] == id(place.source) and place.start <= key[2] < place.end
        ]
        return [self._found.pop(key) for key in inside]

    def damaged(self, names: Iterable[Span]) -> None:
        """Take in the names of routes that were read in part only."""
        self._damaged.update((id(span.source), span.start) for span in names)

    def is_damaged(self, name: Span) -> bool:
        """Whether the route of that name may have said more than was read."""
        return (id(name.source), name.start) in self._damaged

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._found)

    @property
    def has_errors(self) -> bool:
        """Whether the configuration is refused."""
        return any(d.severity is Severity.ERROR for d in self._found.values())

    def found_any(self, rules: Iterable[Rule]) -> bool:
        """Whether something was found by one of the rules."""
        codes = {rule.code for rule in rules}
        return any(code in codes for code, *_ in self._found)

    def of(self, rule: Rule) -> list[Diagnostic]:
        """What was found by a rule."""
        return [d for d in self._found.values() if d.rule is rule]

    def sorted(self, sources: Iterable[Source]) -> tuple[Diagnostic, ...]:
        """All of them by file, in the order of the sources, then by place."""
        order = {id(source): index for index, source in enumerate(sources)}
        return tuple(
            sorted(
                self._found.values(),
                key=lambda d: (
                    order.get(id(d.span.source), len(order)),
                    d.span.source.path,
                    d.span.start,
                    d.span.end,
                    d.code,
                ),
            )
        )
