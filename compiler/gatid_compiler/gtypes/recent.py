"""Validators of the few types asked about last: of one message several questions are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.model import Schema
from gatid_compiler.gtypes.validator import DEEPEST, Validator
from gatid_compiler.gtypes.values import member

if TYPE_CHECKING:
    from gatid_compiler.gtypes.expand import Expansion
    from gatid_compiler.gtypes.model import GType

_KEPT = 4

MANY = 300
"""So many definitions are worth no validator of each type that is asked about."""


class RecentValidators:
    """Asks validators of the types of one set of definitions."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._kept: dict[GType, Validator] = {}

    def accepts(self, t: GType, value: Any) -> bool:
        """Whether the plain data is of the type as it is. Where there are many definitions the
        types themselves say so: a validator is built of all of them that it can reach.
        """
        if len(self._expansion.defs) > MANY:
            return member(value, Schema(t, self._expansion.defs))
        found = self._kept.pop(t, None)
        if found is None:
            found = Validator(t, self._expansion, DEEPEST, unique_keys=False)
            if len(self._kept) == _KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[t] = found
        return found.accepts(value)
