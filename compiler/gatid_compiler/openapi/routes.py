"""What an operation becomes: a route with open types, written out when all types are known."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatid_compiler.gtypes.model import Field, GType


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of the path, the query, a header or a cookie."""

    where: str
    field: Field
    pointer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what is answered with it; None for no body. Headers are parameters, too."""

    status: int
    type: GType | None
    headers: tuple[Parameter, ...] = ()


@dataclass(slots=True)
class Route:
    """One operation."""

    name: str
    method: str
    path: str
    pointer: str
    doc: str
    module: str
    function: str
    policy: tuple[str, ...] = ()
    parameters: list[Parameter] = field(default_factory=list)
    body: GType | None = None
    answers: list[Answer] = field(default_factory=list)
