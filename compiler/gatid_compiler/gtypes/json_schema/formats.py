"""What `format` asserts, as types."""

from __future__ import annotations

from typing import Literal

from gatid_compiler.gtypes.model import Bytes, Format, GType, Intersection, Number, Scalar, String

Formats = Literal["assert", "annotate"]

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?"
_POINTER = "(?:/(?:[^/~]|~[01])*)*"

_ASSERTED: dict[str, GType] = {
    "uuid": Format(Scalar.UUID),
    "email": Format(Scalar.EMAIL),
    "uri": Format(Scalar.URL),
    "date": Format(Scalar.DATE),
    "time": Format(Scalar.TIME),
    "date-time": Format(Scalar.DATETIME),
    "duration": Format(Scalar.DURATION),
    "ipv4": Intersection((Format(Scalar.IP), String(patterns=("[0-9.]+",)))),
    "ipv6": Intersection((Format(Scalar.IP), String(patterns=("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*",)))),
    "hostname": String(1, 253, (f"{_LABEL}(?:\\.{_LABEL})*",)),
    "json-pointer": String(patterns=(_POINTER,)),
    "relative-json-pointer": String(patterns=(f"(?:0|[1-9][0-9]*)(?:#|{_POINTER})",)),
    # Ours: `ip`, `decimal`; and those of OpenAPI.
    "ip": Format(Scalar.IP),
    "byte": Bytes(),
    "decimal": Format(Scalar.DECIMAL),
    "int32": Number(-(1 << 31), (1 << 31) - 1),
    "int64": Number(-(1 << 63), (1 << 63) - 1),
}

_INEXPRESSIBLE = frozenset(
    ("idn-email", "idn-hostname", "iri", "iri-reference", "regex", "uri-reference", "uri-template")
)


def asserted(name: str) -> GType | None:
    """The type of strings, or of numbers, that the format allows; None where it asserts nothing.

    Raises `ValueError` for a format of the specification that no type can say.
    """
    if name in _INEXPRESSIBLE:
        raise ValueError(f"no type can say `{name}`")
    return _ASSERTED.get(name)


def known(name: str) -> bool:
    """Whether the format asserts something, or is known to add nothing to the type."""
    return name in _ASSERTED or name in ("binary", "double", "float", "password")
