"""Validators of the few types asked about last: of one message several questions are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid_compiler.gtypes.validator import DEEPEST, Validator

if TYPE_CHECKING:
    from gatid_compiler.gtypes.expand import Expansion
    from gatid_compiler.gtypes.model import GType

_KEPT = 4


class RecentValidators:
    """Asks validators of the types of one set of definitions."""

    def __init__(self, expansion: Expansion) -> None:
        self._expansion = expansion
        self._kept: dict[GType, Validator] = {}

    def accepts(self, t: GType, value: Any) -> bool:
        """Whether the plain data is of the type as it is."""
        found = self._kept.pop(t, None)
        if found is None:
            found = Validator(t, self._expansion, DEEPEST, unique_keys=False)
            if len(self._kept) == _KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[t] = found
        return found.accepts(value)
