"""Which statement may stand where, and which of them works already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid_compiler.passes.declare import head
from gatid_compiler.rules import project as rules
from gatid_dsl import syntax
from gatid_dsl.diagnostic import Label
from gatid_dsl.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatid_compiler.passes.report import Report


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of block: `now` says what it may hold, `later` what is not supported yet."""

    what: str
    now: frozenset[str]
    later: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Every statement of the language that may stand here."""
        return self.now | self.later


_POLICY = frozenset(
    ("use", "auth", "roles", "rate", "timeout", "max_body", "before", "after", "catch")
) | {"allow", "emits", "snapshot"}
_POLICY_LATER = frozenset(("cors", "concurrency", "cache", "priority", "warm"))

APP = Place(
    "app", _POLICY | {"listen", "admin", "workers", "limits", "config", "versions"}, _POLICY_LATER
)
POLICY = Place("policy", _POLICY, _POLICY_LATER)
GROUP = Place("group", _POLICY, _POLICY_LATER)
ROUTE = Place(
    "route",
    _POLICY | {"body", "query", "params", "headers", "cookies", "returns", "answers", "handler"},
    _POLICY_LATER | {"requires"},
)
TOPIC = Place("topic", frozenset(("capacity", "overflow")), frozenset(("delivery",)))
ON = Place("on", frozenset(("timeout",)), frozenset(("allow", "emits", "retries")))
SECRET = Place("secret", frozenset(("ttl",)))
MODULE = Place(
    "module",
    frozenset(
        ("allow", "config", "timeout", "retries", "concurrency", "health", "isolate", "limits")
    ),
)
HEALTH = Place("health", frozenset(("timeout", "failures")))
MODULE_LIMITS = Place("limits of a module", frozenset(("memory", "open_files", "file_size", "cpu")))
HOOK = Place("hook", frozenset(("timeout", "retries")))
LIMITS = Place(
    "limits",
    frozenset(
        (
            "max_body",
            "max_header",
            "concurrency",
            "body_timeout",
            "min_rate",
            "depth",
            "duplicate_keys",
        )
    ),
)
VERSIONS = Place("versions", frozenset(("header", "param", "path", "default")), frozenset(("pin",)))
VERSION = Place("version", frozenset(("deprecated", "sunset")))
LISTEN = Place("listen", frozenset(), frozenset(("tls",)))
AUTH_KEY = Place("auth key", frozenset(("header", "param", "keys")))
AUTH_JWT = Place(
    "auth jwt",
    frozenset(
        ("issuer", "audience", "keys", "algorithms", "leeway", "subject", "roles", "require")
    ),
    frozenset(("url",)),
)
RATE = Place("rate", frozenset(("burst",)))
SNAPSHOT = Place("snapshot", frozenset(("sample", "errors", "max", "keep", "redact")))
NOTHING = Place("this", frozenset())

PLACES = (
    APP,
    POLICY,
    GROUP,
    ROUTE,
    TOPIC,
    ON,
    SECRET,
    MODULE,
    MODULE_LIMITS,
    HEALTH,
    HOOK,
    LIMITS,
    VERSIONS,
    VERSION,
    LISTEN,
    AUTH_KEY,
    AUTH_JWT,
    RATE,
    SNAPSHOT,
)

REPEATED = frozenset(
    (
        *("use", "auth", "rate", "before", "after", "catch", "allow", "listen", "emits", "warm"),
        "answers",
    )
)
"""The statements of which a block may hold several."""


def keyword(statement: syntax.Statement) -> str:
    """The word that a statement begins with."""
    match statement:
        case (
            syntax.Directive(keyword=word)
            | syntax.Typed(keyword=word)
            | syntax.Answers(keyword=word)
        ):
            return word.text
        case syntax.Returns():
            return "returns"
        case syntax.Config():
            return "config"


def keyword_word(statement: syntax.Statement) -> syntax.Word:
    """The first word itself, with its place."""
    match statement:
        case (
            syntax.Directive(keyword=word)
            | syntax.Typed(keyword=word)
            | syntax.Answers(keyword=word)
        ):
            return word
        case _:
            name = keyword(statement)
            return syntax.Word(name, head(statement.span, name))


def placed(
    statements: Iterable[syntax.Statement], place: Place, report: Report
) -> Sequence[syntax.Statement]:
    """The statements that work here; every other one is reported."""
    found: list[syntax.Statement] = []
    first: dict[str, syntax.Word] = {}
    for statement in statements:
        word = keyword_word(statement)
        if word.text in place.later:
            nested = "" if place in (APP, POLICY, GROUP, ROUTE) else f" of `{place.what}`"
            not_yet(word, f"`{word.text}`{nested}", report)
        elif word.text not in place.now:
            _stray(word, place, report)
        elif word.text in first and word.text not in REPEATED:
            report.add(
                rules.STATEMENT_TWICE.at(
                    word.span,
                    f"`{word.text}` stands here twice",
                    help="keep one of them",
                    labels=(_first(first[word.text]),),
                )
            )
        else:
            first[word.text] = word
            found.append(statement)
    return found


def not_yet(word: syntax.Word, what: str, report: Report) -> None:
    """Report that something of the language is not supported yet."""
    report.add(
        rules.NOT_SUPPORTED_YET.at(word.span, f"{what} is not supported yet", help="take it away")
    )


def unknown_option(word: syntax.Word, known: Iterable[str], what: str, report: Report) -> None:
    """Report a word that is none of those that may stand there."""
    choices = sorted(known)
    close = nearest(word.text, choices)
    listed = ", ".join(f"`{choice}`" for choice in choices)
    report.add(
        rules.UNKNOWN_STATEMENT.at(
            word.span,
            f"{what} cannot be `{word.text}`",
            help=f"did you mean `{close}`?" if close else f"write one of {listed}",
            fix=close,
        )
    )


def _home(what: str) -> str:
    """`limits of a module` as `limits` of a module: only words of the language are marked."""
    word, of, rest = what.partition(" of ")
    return f"`{word}`{of}{rest}"


def _stray(word: syntax.Word, place: Place, report: Report) -> None:
    if place is NOTHING:
        report.add(
            rules.MISPLACED_STATEMENT.at(
                word.span,
                f"`{word.text}` stands in a block of a statement that has none",
                help="take the block away, or begin a new line before the statement it is of",
            )
        )
        return
    close = nearest(word.text, sorted(place.all))
    homes = [other.what for other in PLACES if word.text in other.all]
    if homes:
        where = " or ".join(_home(home) for home in homes[:3])
        diagnostic = rules.MISPLACED_STATEMENT.at(
            word.span,
            f"`{word.text}` says nothing in `{place.what}`",
            help=f"it belongs into {where}",
        )
    else:
        listed = ", ".join(f"`{name}`" for name in sorted(place.now))
        diagnostic = rules.UNKNOWN_STATEMENT.at(
            word.span,
            f"`{place.what}` knows no statement `{word.text}`",
            help=f"did you mean `{close}`?"
            if close
            else (f"it takes {listed}" if listed else "it takes none"),
            fix=close,
        )
    report.add(diagnostic)


def _first(word: syntax.Word) -> Label:
    return Label(word.span, "first here")
