"""What is suggested: operations with how sure they are, in blocks, for one version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gatid_compiler.gtypes.text import name as written_name

Way = tuple[str, ...]
"""A path of field names."""

SURE = 100
"""The confidence, in percent, of what the difference decides."""


_SECOND = 40
"""The confidence of what was not the first guess."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """What becomes of one value, and what else could."""

    text: str
    confidence: int = SURE
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Op:
    """An operation: words, and ways among them. `body` are those inside of its block.

    `why` says what a guess is made of, `others` what it could be as well. Operations beside one
    another of one `group` stand or fall together. `arrows` are those of a `map`, which is as sure
    as the least of them. `by_hand` is what someone may write who writes the functions that it
    names, or knows another value: in the place of a `todo`, or of what is refused. `refused` is
    the first guess, where this is another, with the reason.
    """

    words: tuple[str | Way, ...]
    confidence: int = SURE
    why: str = ""
    others: tuple[str, ...] = ()
    body: tuple[Op, ...] | None = None
    group: str = ""
    arrows: tuple[Arrow, ...] = ()
    by_hand: tuple[Op, ...] = ()
    refused: str = ""

    @property
    def text(self) -> str:
        """The operation on one line, what stands in its block left out."""
        said = "".join(w if isinstance(w, str) else _way(w) for w in self.words).rstrip()
        if not self.arrows:
            return said
        return f"{said} {{ {', '.join(arrow.text for arrow in self.arrows)} }}"

    @property
    def whole(self) -> str:
        """The operation on one line, with what stands in its block."""
        if self.body is None:
            return self.text
        return f"{self.text} {{ {'; '.join(op.whole for op in self.body)} }}"

    @property
    def is_todo(self) -> bool:
        """Whether it says what is left to do, and does nothing."""
        return self.words[0] == "todo "

    def under(self, way: Way) -> Op:
        """The operation, its ways beginning with one more."""
        return replace(
            self,
            words=tuple(w if isinstance(w, str) else (*way, *w) for w in self.words),
            by_hand=tuple(op.under(way) for op in self.by_hand),
        )

    def called(self, name: str, other: str) -> Op:
        """The operation, a field beside which it stands being called otherwise."""
        return replace(
            self,
            words=tuple(
                (other, *w[1:]) if not isinstance(w, str) and w[:1] == (name,) else w
                for w in self.words
            ),
            by_hand=tuple(op.called(name, other) for op in self.by_hand),
        )

    def all(self) -> list[Op]:
        """The operation, or those in its block."""
        if self.body is None:
            return [self]
        return [inner for op in self.body for inner in op.all()]


def todo(reason: str, by_hand: tuple[Op, ...] = ()) -> Op:
    """What the difference does not decide."""
    quoted = f"'{reason}'" if "'" not in reason else json.dumps(reason, ensure_ascii=False)
    return Op(("todo ", quoted), by_hand=by_hand)


def instead(op: Op, reason: str) -> Op:
    """What stands for an operation that is refused: the way that is next in question, or a
    `todo`.
    """
    *before, last = op.words
    if op.words[0] == "convert " and op.others and isinstance(last, str):
        how, *others = op.others
        words = (*before, f"{last.rpartition(' by ')[0]} by {how}")
        first = op.refused or f"{op.text.strip()}: {reason}"
        return replace(
            op, words=words, confidence=_SECOND, why="", others=tuple(others), refused=first
        )
    return todo(op.refused or f"{op.text.strip()}: {reason}", op.by_hand)


def hatch(old: str) -> Op:
    """What was there, by two functions that someone writes."""
    return Op((f"was {old} via MODULE:up, MODULE:down",))


def sound(ops: tuple[Op, ...]) -> tuple[Op, ...]:
    """The operations, a `todo` in the place of one that leads nowhere."""
    return tuple(
        op if _leads(op) else todo(f"`{op.text.strip()}`: no path leads there") for op in ops
    )


def _leads(op: Op) -> bool:
    there = () not in op.words or op.words[0] == "each "
    return there and all(_leads(inner) for inner in op.body or ())


def _way(way: Way) -> str:
    return ".".join(map(written_name, way))


Verdict = Literal["exact", "open", "unproved"]
"""Of an operation: what is derived with its block is what was released; something is left to
do; the type is right, and not every value is proved to be of it.
"""


@dataclass(frozen=True, slots=True)
class Block:
    """The operations on one type or route; none for a route that is `added`.

    `kept` is what may be written in their place by someone who keeps the handler of a route for
    older clients, or writes functions for a type.
    """

    kind: Literal["type", "route"]
    name: str
    ops: tuple[Op, ...]
    added: bool = False
    kept: tuple[Op, ...] = ()

    @property
    def owner(self) -> str:
        """What it stands on: `type Order`."""
        return f"{self.kind} {self.name}"

    @property
    def has_todo(self) -> bool:
        """Whether something in it is left to do."""
        return any(op.is_todo for whole in self.ops for op in whole.all())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The change of one version: its blocks, and remarks on what no operation can say.

    `declares` is the version statement, where there is none yet. `first` says that it has to
    stand before what the version's change says already. `verdicts` are those of the blocks by
    owner, `differing` the messages that are not what was released,
    `broken` what would be refused of older versions.
    """

    base: str
    tag: str
    declares: str
    blocks: tuple[Block, ...]
    remarks: tuple[str, ...] = ()
    first: bool = False
    verdicts: Mapping[str, Verdict] | None = None
    differing: Sequence[str] = ()
    unproved: Sequence[str] = ()
    broken: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self.blocks and not self.remarks

    @property
    def exact(self) -> bool:
        """Whether everything that is derived is what was released."""
        return not self.differing
