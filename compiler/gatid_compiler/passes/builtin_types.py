"""The types that need no declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid_compiler.gtypes import model, normal

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIMITIVES: Mapping[str, model.GType] = {
    "string": model.String(),
    "int": model.Int(),
    "number": model.Number(),
    "bool": model.Bool(),
    "null": model.Null(),
    "bytes": model.Bytes(),
    "any": model.Any(),
}

SCALARS: Mapping[str, model.GType] = {s.value: model.Format(s) for s in model.Scalar}

PROBLEM = normal.object_(
    (
        model.Field("type", model.String(), required=False),
        model.Field("title", model.String(), required=False),
        model.Field("status", model.Int(100, 599), required=False),
        model.Field("detail", model.String(), required=False),
        model.Field("instance", model.String(), required=False),
    ),
    model.Any(),
)
"""A problem document (RFC 9457), open to extension members."""

NAMED: Mapping[str, model.GType] = {"Problem": PROBLEM}
"""Built-in types that stand in definitions under their name."""

RESERVED = frozenset((*PRIMITIVES, *SCALARS, *NAMED))
"""The names that a declaration may not take."""
