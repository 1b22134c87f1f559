"""The parts of a request of one contract, read from the wire and validated by their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.endpoint.types import Types, named_fields
from gatid.ingress.problem import ProblemError, listed
from gatid.ingress.query import parse_cookies
from gatid_compiler import plan as p
from gatid_compiler.gtypes.faults import Fault, Invalid, Malformed, found, pointer
from gatid_compiler.gtypes.textual import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatid.ingress.rsgi import Headers
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Contract

_MANY = 100


class Parts:
    """How the parts of one contract's requests are read.

    Attributes are None for parts that the contract does not declare; all that are functions
    raise `Invalid`.
    """

    __slots__ = (
        "_contract",
        "_cookies",
        "_headers",
        "read_body",
        "read_cookies",
        "read_headers",
        "read_path",
        "read_query",
    )

    def __init__(self, contract: Contract, types: Types) -> None:
        shape = contract.shape
        self._contract = contract
        self._headers = () if shape.headers is None else named_fields(shape.headers, types.defs)
        self._cookies = () if shape.cookies is None else named_fields(shape.cookies, types.defs)
        self.read_path = _reader(shape.path, types)
        self.read_query = _reader(shape.query, types)
        self.read_headers = _reader(shape.headers, types)
        self.read_cookies = _reader(shape.cookies, types)
        self.read_body: Callable[[bytes], Any] | None = None
        if shape.body_bytes:
            self.read_body = types.octets(shape.body)
        elif shape.body is not None:
            self.read_body = types.validator(shape.body).json

    def pick_headers(self, headers: Headers) -> dict[str, list[str]]:
        """The headers that the contract declares; others are none of its business."""
        return {name: headers.get_all(name) for name in self._headers if name in headers}

    def pick_cookies(self, headers: Headers) -> dict[str, list[str]]:
        """The cookies that the contract declares."""
        cookies = parse_cookies(headers.get_all("cookie"))
        return {name: cookies[name] for name in self._cookies if name in cookies}

    def explain(
        self,
        values: Sequence[str],
        query: Mapping[str, Sequence[str]] | None,
        headers: Headers,
        raw: bytes,
    ) -> ProblemError:
        """All that is wrong with a request, in all its parts, once something was."""
        params = [s.name for s in self._contract.path if isinstance(s, p.Param)]
        errors: list[Mapping[str, str]] = []
        malformed = None
        reads: list[tuple[str, Callable[[], object]]] = []
        if (path := self.read_path) is not None:
            texts = {name: (value,) for name, value in zip(params, values, strict=True)}
            reads.append(("path", lambda: path(texts)))
        if (read_query := self.read_query) is not None:
            reads.append(("query", lambda: read_query(query or {})))
        elif query:
            errors += listed("query", _unknown(query).faults)
        if (read_headers := self.read_headers) is not None:
            reads.append(("header", lambda: read_headers(self.pick_headers(headers))))
        if (read_cookies := self.read_cookies) is not None:
            reads.append(("cookie", lambda: read_cookies(self.pick_cookies(headers))))
        if (read_body := self.read_body) is not None:
            reads.append(("body", lambda: read_body(raw)))
        for where, read in reads:
            try:
                read()
            except Malformed as error:
                malformed = error
                errors += listed(where, error.faults)
            except Invalid as error:
                errors += listed(where, error.faults)
        if malformed is not None:
            return ProblemError(
                400, "malformed-json", "the body is not JSON", errors=tuple(errors[:_MANY])
            )
        return _invalid(tuple(errors[:_MANY]))


def path_fits(contract: Contract, types: Types) -> Callable[[Sequence[str]], bool]:
    """Whether values are of the types of the contract's path parameters."""
    read = _reader(contract.shape.path, types)
    params = [s.name for s in contract.path if isinstance(s, p.Param)]

    def fits(values: Sequence[str]) -> bool:
        if read is not None:
            try:
                read({name: (value,) for name, value in zip(params, values, strict=True)})
            except Invalid:
                return False
        return True

    return fits


def _unknown(query: Mapping[str, Sequence[str]]) -> Invalid:
    """The request has query parameters, and its route takes none."""
    return Invalid(
        tuple(
            Fault(pointer([name]), "no parameter of this name", found(texts[0]))
            for name, texts in query.items()
        )
    )


def _invalid(errors: tuple[Mapping[str, str], ...]) -> ProblemError:
    return ProblemError(
        400, "invalid-request", "the request is not what its route takes", errors=errors
    )


def _reader(
    type: GType | None, types: Types
) -> Callable[[Mapping[str, Sequence[str]]], dict[str, Any]] | None:
    return None if type is None else reader(types.schema(type)).read
