"""The table of all rules: of the language, of meaning, and of the timescape.

A diagnostic can only be made from a rule, so every code that can be printed stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import gatid_compiler.timescape.codes as timescape
import gatid_dsl.codes as dsl
from gatid_compiler.rules import lock, policies, project, python, routes, types
from gatid_dsl.diagnostic import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType


def _rules_of(*tables: ModuleType) -> Mapping[str, Rule]:
    """All rules of the modules by code; two rules of one code are a fault of ours."""
    found: dict[str, Rule] = {}
    for table in tables:
        for value in vars(table).values():
            if isinstance(value, Rule) and found.setdefault(value.code, value) is not value:
                raise ValueError(f"two rules have the code {value.code}")
    return found


RULES: Mapping[str, Rule] = _rules_of(
    dsl, project, types, policies, routes, python, timescape, lock
)
"""Every rule by its code."""
