"""Values that a text writes out, kept so that nothing can change them: JSON of any depth."""

from __future__ import annotations

import json
from typing import Any

from gatid_compiler.gtypes.model import Composite, JsonLiteral, JsonScalar

Data = Any
"""Plain JSON data: what `json.loads` gives."""


def frozen(data: Data) -> JsonLiteral:
    """The value, whatever becomes of the lists and objects in it."""
    if isinstance(data, list | tuple | dict):
        text = json.dumps(data, ensure_ascii=False, separators=(", ", ": "), sort_keys=True)
        return Composite(text)
    scalar: JsonScalar = data
    return scalar


def fresh(literal: JsonLiteral) -> Data:
    """The value as data that belongs to nobody else."""
    return json.loads(literal.text) if isinstance(literal, Composite) else literal


def written(literal: JsonLiteral) -> str:
    """The value as it is written, in JSON and in `.gati`."""
    if isinstance(literal, Composite):
        return literal.text
    return json.dumps(literal, ensure_ascii=False)
