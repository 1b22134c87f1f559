"""Classes that are a GType as they stand, by what their values are in JSON."""

from __future__ import annotations

import collections.abc as abc
import datetime
import decimal
import ipaddress
import types
import typing
import uuid

import pydantic
import typing_extensions

from gatid_compiler.gtypes import normal
from gatid_compiler.gtypes.model import (
    Any,
    Bool,
    Bytes,
    Format,
    GType,
    Int,
    Never,
    Null,
    Number,
    Scalar,
    String,
)

IPV4 = normal.intersection(Format(Scalar.IP), String(patterns=("[0-9.]+",)))
IPV6 = normal.intersection(Format(Scalar.IP), String(patterns=(".*:.*",)))
ADDRESSES: tuple[object, ...] = (ipaddress.IPv4Address, ipaddress.IPv6Address)
"""Together they are `Ip`."""

LEAVES: dict[object, GType] = {
    str: String(),
    int: Int(),
    float: Number(),
    bool: Bool(),
    bytes: Bytes(),
    None: Null(),
    types.NoneType: Null(),
    object: Any(),
    typing.Any: Any(),
    typing_extensions.Any: Any(),
    typing.Never: Never(),
    typing.NoReturn: Never(),
    uuid.UUID: Format(Scalar.UUID),
    datetime.date: Format(Scalar.DATE),
    datetime.time: Format(Scalar.TIME),
    datetime.datetime: Format(Scalar.DATETIME),
    datetime.timedelta: Format(Scalar.DURATION),
    decimal.Decimal: Format(Scalar.DECIMAL),
    ipaddress.IPv4Address: IPV4,
    ipaddress.IPv6Address: IPV6,
    pydantic.IPvAnyAddress: Format(Scalar.IP),
    pydantic.AwareDatetime: Format(Scalar.DATETIME),
    pydantic.EmailStr: Format(Scalar.EMAIL),
    pydantic.AnyUrl: Format(Scalar.URL),
    pydantic.SecretStr: String(),
    pydantic.SecretBytes: Bytes(),
}

SECRETS = (pydantic.SecretStr, pydantic.SecretBytes)

LISTS: tuple[object, ...] = (
    list, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable,
)  # fmt: skip
SETS: tuple[object, ...] = (set, frozenset, abc.Set, abc.MutableSet)
MAPS: tuple[object, ...] = (dict, abc.Mapping, abc.MutableMapping)

INSTEAD: dict[object, str] = {
    pydantic.HttpUrl: "write `AnyUrl`, and look at its scheme in the handler",
    pydantic.NaiveDatetime: "write `datetime`: a DateTime has an offset",
    pydantic.PastDate: "write `date`, and compare it in the handler",
    pydantic.FutureDate: "write `date`, and compare it in the handler",
    pydantic.PastDatetime: "write `datetime`, and compare it in the handler",
    pydantic.FutureDatetime: "write `datetime`, and compare it in the handler",
    complex: "write a `tuple[float, float]`",
    bytearray: "write `bytes`",
    ipaddress.IPv4Network: "write `str` with a pattern",
    ipaddress.IPv6Network: "write `str` with a pattern",
}
"""What to write instead of classes that are met now and then."""


def named_url(annotation: object) -> bool:
    """A class of pydantic for the URLs of some schemes."""
    return isinstance(annotation, type) and issubclass(annotation, pydantic.AnyUrl)
