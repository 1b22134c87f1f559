"""Patterns as languages: which may be written, and which strings they hold.

Languages are imported when one is asked for: most compiles refuse nothing and compare nothing.
"""

from __future__ import annotations

from gatid_compiler.gtypes import rust


def problem(pattern: str) -> str | None:
    """Why the pattern is refused; None when it runs in linear time."""
    return rust.refusal(pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches, by our own reading. Raises `regex.NotReadError`."""
    from gatid_compiler.gtypes import automata

    languages = automata.Languages()
    state = languages.start(pattern)
    for char in text:
        state = languages.step(state, ord(char))
    return languages.accepts(state)


def included(one: str, other: str, budget: int | None = None) -> str | None:
    """The shortest string that matches one and not the other, None where there is none.

    Raises `regex.NotReadError` and `automata.ExhaustedError`.
    """
    from gatid_compiler.gtypes import automata

    languages = automata.Languages()
    question = automata.Question((languages.start(one),), ((languages.start(other),),))
    return automata.find(languages, question, automata.BUDGET if budget is None else budget)
