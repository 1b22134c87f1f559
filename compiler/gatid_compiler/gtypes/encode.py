"""JSON text of validated plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid_compiler.gtypes.model import Schema
from gatid_compiler.gtypes.expand import Expansion
from gatid_compiler.gtypes.shape import traits


def encoder(schema: Schema) -> Callable[[Any], bytes]:
    """A function that writes values of the schema's type as JSON."""
    large = traits(schema.root, Expansion.of(schema)).large
    return encode if large else orjson.dumps


def encode(value: Any) -> bytes:
    """The JSON text of plain data. Integers may be of any size."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # It writes integers of 64 bits only.
        return to_json(value, inf_nan_mode="constants")
