"""The type system: model, validators, and what can be proved about types.

What is named here is the public interface, for use without the daemon; docs/gtypes.md has the
shapes and the errors. Each name is imported when it is first used, so that reading a model
does not load a validator.
"""

# ruff: noqa: TC004 - what __all__ names is imported when it is first used

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatid_compiler.gtypes.faults import Fault, Invalid, Malformed
    from gatid_compiler.gtypes.fingerprint import fingerprint
    from gatid_compiler.gtypes.json_schema import Unsupported, from_json_schema, to_json_schema
    from gatid_compiler.gtypes.model import Schema
    from gatid_compiler.gtypes.subtype import Verdict, compare
    from gatid_compiler.gtypes.validator import validator
    from gatid_compiler.gtypes.values import member
    from gatid_compiler.passes.type_text import BadTypeError, parse

__all__ = [
    "BadTypeError",
    "Fault",
    "Invalid",
    "Malformed",
    "Schema",
    "Unsupported",
    "Verdict",
    "compare",
    "fingerprint",
    "from_json_schema",
    "member",
    "parse",
    "to_json_schema",
    "validator",
]

_HOMES = {
    "BadTypeError": "gatid_compiler.passes.type_text",
    "Fault": "gatid_compiler.gtypes.faults",
    "Invalid": "gatid_compiler.gtypes.faults",
    "Malformed": "gatid_compiler.gtypes.faults",
    "Schema": "gatid_compiler.gtypes.model",
    "Unsupported": "gatid_compiler.gtypes.json_schema",
    "Verdict": "gatid_compiler.gtypes.subtype",
    "compare": "gatid_compiler.gtypes.subtype",
    "fingerprint": "gatid_compiler.gtypes.fingerprint",
    "from_json_schema": "gatid_compiler.gtypes.json_schema",
    "member": "gatid_compiler.gtypes.values",
    "parse": "gatid_compiler.passes.type_text",
    "to_json_schema": "gatid_compiler.gtypes.json_schema",
    "validator": "gatid_compiler.gtypes.validator",
}


class _Package(ModuleType):
    """`validator` and `fingerprint` are functions here and modules below.

    Importing the module would put it in the place of the function.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        super().__setattr__(name, value)
        return value


sys.modules[__name__].__class__ = _Package
