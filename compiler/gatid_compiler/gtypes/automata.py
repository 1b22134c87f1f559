"""Regular languages by derivatives: whether some string is in all of these and none of those.

A state of a pattern is what is left of it to match (Brzozowski 1964; Owens, Reppy and Turon
2009). States are made as the search meets them, so their number is that of the strings' need,
and a budget bounds it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from gatid_compiler.gtypes import charsets, regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.charsets import Charset

BUDGET = 4000
"""So many states are looked at before a question counts as too large."""

Side = Literal["edge", "word", "other"]
"""What stands beside a place: nothing, a word character, another one."""


class ExhaustedError(Exception):
    """The question needs more states than the budget has."""


class Node:
    """What is left of a pattern. Equal ones are the same object within one `Languages`."""

    __slots__ = ("charset", "edge", "edges", "heads", "kind", "least", "left", "most", "right")

    def __init__(self, kind: str, left: Node | None = None, right: Node | None = None) -> None:
        self.kind = kind
        self.left = left
        self.right = right
        self.charset: Charset = ()
        self.edge = ""
        self.least = 0
        self.most: int | None = None
        self.edges: bool = any(part is not None and part.edges for part in (left, right))
        self.heads: frozenset[Charset] = frozenset()


@dataclass(frozen=True, slots=True)
class State:
    """What is left of a pattern, and the character before."""

    node: Node
    before: Side


class Languages:
    """The patterns of one question; everything found out about them is kept until it ends."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[object, ...], Node] = {}
        self._empties: dict[tuple[Node, Side, Side], bool] = {}
        self._steps: dict[tuple[State, int], State] = {}
        self.nothing = self._node("nothing")
        self.empty = self._node("empty")

    def start(self, pattern: str) -> State:
        """The state before the first character. Raises `regex.NotReadError`."""
        return State(self._of(regex.parse(pattern)), "edge")

    def strings(self, texts: Sequence[str]) -> State:
        """The language of these strings alone."""
        choices = [self._sequence([self._char(charsets.of(c)) for c in text]) for text in texts]
        return State(self._choice(choices), "edge")

    def lengths(self, low: int, high: int | None) -> State:
        """The strings of so many characters."""
        return State(self._repeat(self._char(charsets.ALL), low, high), "edge")

    def accepts(self, state: State) -> bool:
        """The string may end here."""
        return self._is_empty(state.node, state.before, "edge")

    def step(self, state: State, point: int) -> State:
        """The state after a character."""
        key = (state, point)
        found = self._steps.get(key)
        if found is None:
            after: Side = "word" if charsets.contains(charsets.WORD, point) else "other"
            node = self._derived(state.node, point, state.before, after)
            found = State(node, after if node.edges else "other")
            self._steps[key] = found
        return found

    def _node(self, kind: str, *key: object, **given: object) -> Node:
        full = (kind, *key)
        node = self._nodes.get(full)
        if node is None:
            parts = [part for part in key if isinstance(part, Node)]
            node = Node(kind, *parts)
            for name, value in given.items():
                setattr(node, name, value)
            node.edges = node.edges or kind == "edge"
            node.heads = self._heads(node)
            self._nodes[full] = node
        return node

    def _heads(self, node: Node) -> frozenset[Charset]:
        """Sets whose borders tell apart the characters that may come first."""
        if node.kind == "char":
            return frozenset((node.charset,))
        if node.kind == "edge":
            words = node.edge in ("boundary", "inside")
            return frozenset((charsets.WORD,)) if words else frozenset()
        found: frozenset[Charset] = frozenset()
        if node.left is not None:
            found = node.left.heads
        if node.right is not None and (node.kind == "choice" or self._maybe_empty(node.left)):
            found |= node.right.heads
        return found

    def _maybe_empty(self, node: Node | None) -> bool:
        if node is None or node.kind in ("empty", "edge"):
            return True
        match node.kind:
            case "sequence":
                return self._maybe_empty(node.left) and self._maybe_empty(node.right)
            case "choice":
                return self._maybe_empty(node.left) or self._maybe_empty(node.right)
            case "repeat":
                return node.least == 0 or self._maybe_empty(node.left)
            case _:
                return False

    def _of(self, tree: regex.Regex) -> Node:
        match tree:
            case regex.Char(charset):
                return self._char(charset)
            case regex.Sequence(items):
                return self._sequence([self._of(i) for i in items])
            case regex.Choice(items):
                return self._choice([self._of(i) for i in items])
            case regex.Repeat(item, least, most):
                return self._repeat(self._of(item), least, most)
            case regex.Edge(kind):
                return self._node("edge", kind, edge=kind)

    def _char(self, charset: Charset) -> Node:
        return self._node("char", charset, charset=charset) if charset else self.nothing

    def _sequence(self, items: list[Node]) -> Node:
        result = self.empty
        for item in reversed(items):
            result = self._then(item, result)
        return result

    def _then(self, first: Node, second: Node) -> Node:
        if self.nothing in (first, second):
            return self.nothing
        if first is self.empty:
            return second
        if second is self.empty:
            return first
        if first.kind == "sequence":
            assert first.left is not None and first.right is not None  # noqa: S101, PT018
            return self._then(first.left, self._then(first.right, second))
        return self._node("sequence", first, second)

    def _choice(self, items: list[Node]) -> Node:
        """Flat, without doubles, in one order: so few different nodes mean the same."""
        flat: dict[int, Node] = {}
        waiting = list(reversed(items))
        while waiting:
            item = waiting.pop()
            if item.kind == "choice":
                waiting += [part for part in (item.right, item.left) if part is not None]
            elif item is not self.nothing:
                flat[id(item)] = item
        ordered = [flat[key] for key in sorted(flat)]
        chars = [n for n in ordered if n.kind == "char"]
        if len(chars) > 1:
            one = self._char(charsets.union(n.charset for n in chars))
            ordered = sorted([one, *(n for n in ordered if n.kind != "char")], key=id)
        if not ordered:
            return self.nothing
        result = ordered[-1]
        for item in reversed(ordered[:-1]):
            result = self._node("choice", item, result)
        return result

    def _repeat(self, item: Node, least: int, most: int | None) -> Node:
        if most == 0 or item is self.empty:
            return self.empty
        if item is self.nothing:
            return self.empty if least == 0 else self.nothing
        if most is not None and least > most:
            return self.nothing
        if (least, most) == (1, 1):
            return item
        if item.kind == "repeat" and (item.least, item.most) == (0, None):
            return item
        return self._node("repeat", least, most, item, least=least, most=most)

    def _is_empty(self, node: Node, before: Side, after: Side) -> bool:
        """The empty string matches between these two sides."""
        key = (node, before, after)
        if key not in self._empties:
            self._empties[key] = self._matches_empty(node, before, after)
        return self._empties[key]

    def _matches_empty(self, node: Node, before: Side, after: Side) -> bool:
        left, right = node.left, node.right
        match node.kind:
            case "empty":
                return True
            case "edge":
                return _stands(node.edge, before, after)
            case "sequence" if left is not None and right is not None:
                return self._is_empty(left, before, after) and self._is_empty(right, before, after)
            case "choice" if left is not None and right is not None:
                return self._is_empty(left, before, after) or self._is_empty(right, before, after)
            case "repeat" if left is not None:
                return node.least == 0 or self._is_empty(left, before, after)
            case _:
                return False

    def _derived(self, node: Node, point: int, before: Side, after: Side) -> Node:
        """What is left after a character. `after` is what kind of character it is."""
        left, right = node.left, node.right
        match node.kind:
            case "char":
                return self.empty if charsets.contains(node.charset, point) else self.nothing
            case "sequence" if left is not None and right is not None:
                first = self._then(self._derived(left, point, before, after), right)
                if not self._is_empty(left, before, after):
                    return first
                return self._choice([first, self._derived(right, point, before, after)])
            case "choice" if left is not None and right is not None:
                return self._choice(
                    [
                        self._derived(left, point, before, after),
                        self._derived(right, point, before, after),
                    ]
                )
            case "repeat" if left is not None:
                once = self._derived(left, point, before, after)
                most = None if node.most is None else node.most - 1
                # Rounds that match nothing may stand before this one.
                least = 0 if self._is_empty(left, before, after) else max(node.least - 1, 0)
                return self._then(once, self._repeat(left, least, most))
            case _:
                return self.nothing


def _stands(edge: str, before: Side, after: Side) -> bool:
    match edge:
        case "start":
            return before == "edge"
        case "end":
            return after == "edge"
        case _:
            return ((before == "word") != (after == "word")) is (edge == "boundary")


@dataclass(frozen=True, slots=True)
class Question:
    """A string in every one of `inside` and, for each of `outside`, not in all of its parts."""

    inside: tuple[State, ...]
    outside: tuple[tuple[State, ...], ...] = ()


def find(languages: Languages, question: Question, budget: int = BUDGET) -> str | None:
    """The shortest such string, None when there is none. Raises `ExhaustedError`."""
    start = _reduced(languages, question)
    if start is None:
        return None
    came: dict[Question, tuple[Question, int] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if _answers(languages, here):
            return _spelt(came, here)
        for point in _representatives(here):
            there = _reduced(languages, _stepped(languages, here, point))
            if there is not None and there not in came:
                if len(came) >= budget:
                    raise ExhaustedError
                came[there] = (here, point)
                waiting.append(there)
    return None


def _stepped(languages: Languages, question: Question, point: int) -> Question:
    return Question(
        tuple(languages.step(s, point) for s in question.inside),
        tuple(tuple(languages.step(s, point) for s in group) for group in question.outside),
    )


def _reduced(languages: Languages, question: Question) -> Question | None:
    """Without the languages that can no longer be entered; None if no string can answer."""
    if any(s.node is languages.nothing for s in question.inside):
        return None
    alive = dict.fromkeys(
        group for group in question.outside if not any(s.node is languages.nothing for s in group)
    )
    return Question(question.inside, tuple(alive))


def _answers(languages: Languages, question: Question) -> bool:
    return all(map(languages.accepts, question.inside)) and not any(
        all(map(languages.accepts, group)) for group in question.outside
    )


def _spelt(came: dict[Question, tuple[Question, int] | None], last: Question) -> str:
    points: list[str] = []
    step = came[last]
    while step is not None:
        points.append(chr(step[1]))
        step = came[step[0]]
    return "".join(reversed(points))


_NICE = [ord(c) for c in "aA0b1-_. /:@"]


def _representatives(question: Question) -> list[int]:
    """One character for each way in which the languages tell characters apart."""
    states = [*question.inside, *(s for group in question.outside for s in group)]
    return _told_apart(frozenset().union(*(s.node.heads for s in states)))


@lru_cache(maxsize=1024)
def _told_apart(sets: frozenset[Charset]) -> list[int]:
    borders = {0, 0xE000}
    for charset in sets:
        for low, high in charset:
            borders.add(low)
            borders.add(high + 1)
    chosen: dict[tuple[bool, ...], int] = {}
    points = [p for p in (*_NICE, *sorted(borders)) if charsets.contains(charsets.ALL, p)]
    for point in points:
        chosen.setdefault(tuple(charsets.contains(s, point) for s in sets), point)
    return list(chosen.values())
