"""What changed between two plans, and which of it breaks clients."""

from gatid_compiler.breaking.change import Change, Verdict, Witness, worst
from gatid_compiler.breaking.plans import UnknownVersionError, changes
from gatid_compiler.breaking.rules import RULES, Rule
from gatid_compiler.breaking.unexpressed import unexpressed

__all__ = [
    "RULES",
    "Change",
    "Rule",
    "UnknownVersionError",
    "Verdict",
    "Witness",
    "changes",
    "unexpressed",
    "worst",
]
