"""What is kept of questions that come up inside themselves is what asking afresh would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from gatid_compiler.gtypes.answers import Answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ways = dict[int, list[list[int]]]
"""For each question the ways to answer it: with the answers to all of some others."""

_QUESTIONS = st.integers(0, 7)


@st.composite
def ways(draw: st.DrawFn) -> Ways:
    """Questions that lead to one another; few have an answer at once."""
    return {
        question: draw(
            st.lists(st.lists(_QUESTIONS, min_size=1, max_size=3), min_size=1, max_size=3)
        )
        + [[] for _ in range(draw(st.integers(0, 9)) == 0)]
        for question in range(8)
    }


def answered(graph: Mapping[int, Sequence[Sequence[int]]]) -> set[int]:
    """The questions that have a finite answer, found from below."""
    known: set[int] = set()
    while more := {q for q, all_ in graph.items() if any(set(w) <= known for w in all_)} - known:
        known |= more
    return known


class DoubtError(Exception):
    """Nobody knows."""


class Search:
    """Asks one question after the other, and doubts some of them."""

    def __init__(self, graph: Ways, doubtful: set[int]) -> None:
        self.graph, self.doubtful = graph, doubtful
        self.answers = Answers[int, str]()
        self.doubts = 0

    def ask(self, question: int) -> str | None:
        self.doubts = 0
        self.answers.begin()
        found = self.answers.of(question, self.look)
        if not self.doubts:
            self.answers.keep()
        return found

    def look(self, question: int) -> str | None:
        for way in self.graph[question]:
            try:
                if all(self.of(other) for other in way):
                    return f"answer to {question}"
            except DoubtError:
                self.doubts += 1
        return None

    def of(self, question: int) -> str | None:
        if question in self.doubtful:
            raise DoubtError
        return self.answers.of(question, self.look)


@settings(max_examples=1000)
@given(ways(), st.lists(_QUESTIONS, min_size=1, max_size=12))
def test_every_question_is_answered_as_if_it_were_the_first(graph: Ways, asked: list[int]) -> None:
    search, right = Search(graph, set()), answered(graph)
    for question in asked:
        assert (search.ask(question) is not None) is (question in right)


@settings(max_examples=500)
@given(ways(), st.sets(_QUESTIONS, max_size=2), st.lists(_QUESTIONS, min_size=1, max_size=12))
def test_nothing_is_kept_of_what_was_doubted(
    graph: Ways, doubtful: set[int], asked: list[int]
) -> None:
    search = Search(graph, doubtful)
    known = {q: [w for w in all_ if not set(w) & doubtful] for q, all_ in graph.items()}
    at_least, at_most = answered(known), answered({**graph, **{q: [[]] for q in doubtful}})
    for question in asked:
        found = search.ask(question)
        if found is not None:
            assert question in at_least
        elif not search.doubts:
            assert question not in at_most - doubtful


def test_no_question_with_an_answer_is_looked_at_twice() -> None:
    looked: list[int] = []
    graph: Ways = {n: [[n + 1, n + 1]] for n in range(40)} | {40: [[]]}
    answers = Answers[int, str]()

    def look(question: int) -> str | None:
        looked.append(question)
        found = all(answers.of(q, look) for q in graph[question][0])
        return "found" if found else None

    assert answers.of(0, look) == "found"
    assert looked == list(range(41))


def test_what_rests_on_a_closed_question_rests_on_what_that_one_rests_on() -> None:
    # 3 has no answer as long as 2 has none, 2 as long as 1 has none; 1 has one in the end.
    search = Search({0: [[1]], 1: [[2], [5], []], 2: [[3], [1]], 3: [[2]], 5: [[3]]}, set())
    assert [search.ask(question) is not None for question in (0, 5, 3, 2)] == [True] * 4
