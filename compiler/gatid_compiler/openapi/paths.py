"""Paths of a document as paths of routes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gatid_compiler.gtypes.model import Field, Format, GType, Int, Scalar, String
from gatid_compiler.gtypes.text import show
from gatid_compiler.openapi.names import Names

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_UNWRITABLE = re.compile(r"[{}\s?#\",%\\]")
_UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


@dataclass(frozen=True, slots=True)
class Around:
    """The texts before, between and after parameters that share a segment with them."""

    texts: tuple[str, ...]

    def __str__(self) -> str:
        return "…".join(self.texts)


@dataclass(frozen=True, slots=True)
class Path:
    """A path as it is written, its parameters by their old names, and what stands around them."""

    text: str
    names: dict[str, str]
    around: dict[str, Around]

    @property
    def parameters(self) -> list[str]:
        """What its parameters are called here, in their order."""
        return _PARAMETER.findall(self.text)

    @property
    def form(self) -> str:
        """The path whatever its parameters are called: two of one form match the same."""
        return _PARAMETER.sub("{}", self.text)


def plain_path(path: str) -> bool:
    """Whether it can be written as it is."""
    segments = path.lstrip("/").split("/")
    return not any(
        _UNWRITABLE.search(s) or s in (".", "..") or (s == "" and i + 1 < len(segments))
        for i, s in enumerate(segments)
    )


def read_path(path: str) -> Path | None:
    """The path; None where it has no way of being written."""
    names = Names()
    renamed: dict[str, str] = {}
    around: dict[str, Around] = {}
    segments: list[str] = []
    for segment in path.removeprefix("/").split("/"):
        found = _PARAMETER.findall(segment)
        texts = tuple(_PARAMETER.sub("{}", segment).split("{}"))
        if not plain_path("_".join(texts)) and segment:
            return None
        if not found:
            segments.append(segment)
            continue
        called = names.unique("_".join(found), "value")
        renamed.update(dict.fromkeys(found, called))
        segments.append(f"{{{called}}}")
        if any(texts):
            around[called] = Around(texts)
    text = "/" + "/".join(segments)
    return Path(text, renamed, around) if plain_path(_PARAMETER.sub("_", text)) else None


def surrounded(field: Field, around: Around) -> Field:
    """The parameter with the text around it, since a parameter takes a whole segment.

    Where several share the segment, it is all of them.
    """
    first, *others = map(re.escape, around.texts)
    more = sum(map(len, around.texts))
    if len(others) > 1:
        return replace(field, type=String(patterns=(".+".join((first, *others)),)), default=None)
    inner, low, high = _pattern(field.type)
    whole = String(
        low + more, None if high is None else high + more, (f"{first}{inner}{others[0]}",)
    )
    return replace(field, type=whole, default=None)


def _pattern(t: GType) -> tuple[str, int, int | None]:
    """What the texts of a type look like, and how long they are; roughly, where it is no string."""
    match t:
        case String(low, high, (pattern,)):
            return f"(?:{pattern})", low, high
        case String(low, high):
            return ".*", low, high
        case Int() if show(t) == "int":
            return "-?(?:0|[1-9][0-9]*)", 1, None
        case Format(Scalar.UUID):
            return _UUID, 36, 36
        case _:
            return ".+", 1, None
