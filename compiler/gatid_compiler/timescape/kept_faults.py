"""What is wrong with a kept handler, and with what is stated beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler import plan
from gatid_compiler.gtypes.model import Object
from gatid_compiler.rules.routes import BAD_STATUS, BODY_ON_GET
from gatid_compiler.timescape import codes
from gatid_compiler.timescape.paths import spoken_of
from gatid_dsl.diagnostic import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatid_compiler.timescape.kept import Kept
    from gatid_compiler.timescape.messages import Era
    from gatid_dsl import syntax
    from gatid_dsl.diagnostic import Diagnostic


def faults(
    line: Kept, ops: Iterable[syntax.Operation | syntax.Moved], method: str
) -> Iterator[Diagnostic]:
    """No operation is on a part that is stated whole, and a GET states no body."""
    for op in ops:
        for word in spoken_of(op):
            if (
                word in line.parts
                or (word == "response" and line.answers is not None)
                or (word == "response.header" and line.headers is not None)
            ):
                stated = line.stated(word)
                yield codes.CHANGE_STATED.at(
                    op.span,
                    f"`{stated.text}` is stated whole, so no operation leads to it",
                    help="keep one of them",
                    labels=(Label(stated.span, "stated here"),),
                )
    if method in ("GET", "HEAD") and "body" in line.parts:
        yield BODY_ON_GET.at(
            line.stated("body").span,
            f"a body of {method} has no meaning, and proxies drop it",
            help="state the `query` of that time, or say where it was: `moved from POST /path`",
        )


def promised(line: Kept, era: Era) -> Iterator[Diagnostic]:
    """A fixed answer has neither body nor headers, and only answers that there are have headers;
    where answers are stated, that has been looked at.
    """
    if line.headers is not None:
        yield from line.headers.strays(era.shape.answers)
    if line.answers is not None or not isinstance(era.handler, plan.StaticHandler):
        return
    for answer in era.shape.answers:
        if answer.status != era.handler.status:
            continue
        headers = answer.headers if line.headers is not None else None
        if isinstance(headers, Object) and any(field.required for field in headers.fields):
            yield BAD_STATUS.at(
                line.at,
                f"the fixed answer {answer.status} has no headers, but some are promised",
                help="let them be optional in `answers`",
            )
        if answer.type is not None:
            yield BAD_STATUS.at(
                line.at,
                f"the fixed answer {answer.status} has no body, but a type is promised",
                help=f"write `returns {answer.status}` beside it",
            )


def kept_twice(line: Kept, label: str) -> Diagnostic:
    """A release has one handler for the clients before it."""
    return codes.CHANGE_STATED.at(
        line.at,
        f"the clients before `{label}` keep another handler already",
        help="keep one of them",
    )
