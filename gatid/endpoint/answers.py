"""What one contract may answer with, and how an answer becomes bytes.

The handler's status picks the type; the value is validated against it, carried back to the
shape of the contract's own release where that differs, and encoded.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatid.ingress import problem
from gatid.ingress.response import Kind, Octets, Response
from gatid.observe.scrub import Scrubber
from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.faults import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatid.endpoint.entity_tags import EntityTags
    from gatid.ingress.problem import ProblemError

JSON = ("content-type", "application/json")


class AnswerError(Exception):
    """The handler answered in a way that its route does not declare; 500, and the log says how."""


class CarryError(Exception):
    """The answer could not be brought into the shape of the client's version; 502."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One status as the handler answers it.

    `answer` validates a value and makes it plain data, None where there is no body; `carry`
    makes it the contract's own bytes. `raw` is what may be sent as it is.
    """

    status: int
    answer: Callable[[Any], Any] | None
    carry: Callable[[Any], bytes]
    raw: model.Bytes | model.Any | None
    text: bool
    problem: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer as it goes out. `content` is None when there is no body."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes | AsyncIterable[bytes | str] | None

    @property
    def streams(self) -> bool:
        """Whether the body is made while it is sent, by code of the request."""
        return self.content is not None and not isinstance(self.content, bytes)


class Answers:
    """The answers of one contract, by the status that the handler uses."""

    __slots__ = ("_declared", "_problem", "_scrubber", "_tags", "first")

    def __init__(
        self,
        declared: Mapping[int, Declared],
        implied: Callable[[Any], Any],
        tags: EntityTags | None = None,
        scrubber: Scrubber | None = None,
    ) -> None:
        self._scrubber = Scrubber() if scrubber is None else scrubber
        self._declared = declared
        self._tags = tags
        self._problem = implied
        self.first = next((s for s in declared if 200 <= s <= 299), 200)

    def declared(self, status: int) -> Declared:
        """What the handler's status is declared as."""
        return self._declared[status]

    def outgoing(self, status: int) -> int:
        """What goes out when the handler answers with that status."""
        declared = self._declared.get(status)
        return status if declared is None else declared.status

    def presume(self, res: Response) -> None:
        """Writes down the status that an answer without one goes out with: hooks may ask."""
        if res.status_code is None:
            if res.kind is not Kind.NOTHING:
                res.status_code = self.first
            elif self._says_nothing():
                res.status_code = 204

    def settle(self, res: Response, request_id: str, release: int) -> Settled:
        """The answer that `res` holds; raises `AnswerError` or `CarryError`."""
        settled = self._settle(res, request_id)
        if self._tags is not None:
            self._tags.mark(settled.headers, release)
        return settled

    def _settle(self, res: Response, request_id: str) -> Settled:
        kind = res.kind
        if kind is Kind.NOTHING:
            return self._nothing(res, request_id)
        if kind is Kind.PROBLEM:
            status = res.status_code or 500
            if status < 400:
                raise AnswerError(f"answered {status} with a problem, which has 4xx or 5xx")
            return self.problem(status, dict(res.body), list(res.headers), request_id)
        status = self.first if res.status_code is None else res.status_code
        declared = self._declared.get(status)
        if declared is None:
            if status < 400:
                raise AnswerError(f"answered {status}, which is not declared")
            if kind is not Kind.VALUE:
                raise AnswerError(f"answered {status} with {kind.value}, which is not declared")
            return self._value_problem(self._problem, status, res, request_id)
        if declared.answer is None:
            if kind is Kind.VALUE and res.body is None:
                return Settled(declared.status, list(res.headers), None)
            raise AnswerError(f"answered {status} with {kind.value}, but it is declared without")
        octets = isinstance(declared.raw, model.Bytes)
        if kind is Kind.VALUE and octets and isinstance(res.body, Octets):
            return _raw(declared, status, res.bytes(res.body))
        if kind is Kind.VALUE:
            if octets:
                raise AnswerError(f"answered {status} with a value that is no bytes")
            if declared.problem:
                return self._value_problem(declared.answer, status, res, request_id)
            content = declared.carry(_valid(declared.answer, res.body, status))
            return Settled(declared.status, [JSON, *res.headers], content)
        return _raw(declared, status, res)

    def problem(
        self,
        status: int,
        members: dict[str, Any],
        headers: list[tuple[str, str]],
        request_id: str,
    ) -> Settled:
        """A problem that a handler made: of any status, and with what every problem has."""
        declared = self._declared.get(status)
        if declared is not None:
            status = declared.status
        # An error's text was made of what went wrong, which nobody looks through for secrets.
        document = _filled(self._scrubber.data(members), status, request_id)
        try:
            body = problem.encode(self._problem(document))
        except Invalid as error:
            raise AnswerError(f"answered a problem that is none: {against(error)}") from error
        return Settled(status, [problem.CONTENT_TYPE, *headers], body)

    def _says_nothing(self) -> bool:
        """Whether an answer may be 204 without a body."""
        declared = self._declared.get(204)
        return declared is not None and declared.answer is None

    def _value_problem(
        self, answer: Callable[[Any], Any], status: int, res: Response, request_id: str
    ) -> Settled:
        members = _valid(answer, res.body, status)
        if not isinstance(members, dict):
            raise AnswerError(f"answered {status} with what is no problem document")
        return self.problem(status, members, list(res.headers), request_id)

    def _nothing(self, res: Response, request_id: str) -> Settled:
        """Nothing was said but a status, or not even that."""
        headers = list(res.headers)
        status = res.status_code
        if status is None and self._says_nothing():
            status = 204
        asked = self.first if status is None else status
        declared = self._declared.get(asked)
        if declared is not None and declared.answer is None and status is not None:
            return Settled(declared.status, headers, None)
        if declared is not None and declared.answer is not None and not declared.problem:
            try:
                null = declared.answer(None)
            except Invalid:
                pass
            else:
                return Settled(declared.status, [JSON, *headers], declared.carry(null))
        if status is not None and status >= 400:
            return self.problem(status, {}, headers, request_id)
        if status is None:
            raise AnswerError("answered nothing")
        if declared is None:
            raise AnswerError(f"answered {status}, which is not declared")
        raise AnswerError(f"answered {status} without the body that is declared")


def _raw(declared: Declared, status: int, res: Response) -> Settled:
    """Text, octets and streams, which no validator reads."""
    headers = [("content-type", res.media_type), *res.headers]
    body = res.body
    if res.kind is Kind.TEXT and declared.text and declared.answer is not None:
        _valid(declared.answer, body, status)
        return Settled(declared.status, headers, _utf8(body))
    raw = declared.raw
    if res.kind is Kind.STREAM and (raw is not None or declared.text):
        return Settled(declared.status, headers, body)
    if res.kind is Kind.TEXT and isinstance(raw, model.Bytes):
        body = _utf8(body)
    elif res.kind is not Kind.BYTES:
        raw = None
    if raw is not None:
        if isinstance(raw, model.Bytes) and not _within(raw, len(body)):
            raise AnswerError(f"answered {status} with {len(body)} bytes, which the type excludes")
        return Settled(declared.status, headers, body)
    raise AnswerError(f"answered {status} with {res.kind.value}, which its type does not allow")


def _within(raw: model.Bytes, size: int) -> bool:
    return raw.low <= size and (raw.high is None or size <= raw.high)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise AnswerError("answered text that is no Unicode") from error


def _valid(answer: Callable[[Any], Any], value: Any, status: int) -> Any:
    try:
        return answer(value)
    except Invalid as error:
        raise AnswerError(f"{against(error)} (status {status})") from error


def against(error: Invalid) -> str:
    """How an answer missed its type. The values found stay out: they may be secret."""
    told = "; ".join(f"{f.pointer or 'the whole'}: {f.expected}" for f in error.faults[:5])
    return f"answered against the type declared, which wants {told}"


def _filled(members: dict[str, Any], status: int, request_id: str) -> dict[str, Any]:
    ours = {
        "type": f"urn:gatid:problem:{problem.slug(status)}",
        "title": problem.phrase(status),
    }
    return {**ours, **members, "status": status, "request_id": request_id}


def of_problem(error: ProblemError, request_id: str) -> Settled:
    """A problem of ours as it goes out."""
    return Settled(error.status, [problem.CONTENT_TYPE, *error.headers], error.body(request_id))
