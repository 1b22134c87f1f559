"""Headers that a route declares of its answers: checked as the handler set them, and carried back.

Only contracts that have such use this; what is not declared goes out as it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatid.endpoint.answers import AnswerError, Answers, CarryError, against
from gatid.endpoint.types import named_fields
from gatid.ingress.headers import checked as sendable
from gatid.ingress.response import Kind
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import Object
from gatid_compiler.gtypes.textual import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatid.endpoint.answers import Settled
    from gatid.endpoint.source import Sources
    from gatid.endpoint.types import Types
    from gatid.ingress.response import Response
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Answer, Contract, Downgrade


class AnswerHeaders:
    """The declared headers of one status: `own` as the handler sets them, `then` as the contract
    has them. `backward` leads from the one to the other, None where they are the same.
    """

    __slots__ = ("_backward", "_check", "_names", "_read")

    def __init__(
        self,
        own: GType,
        then: GType,
        backward: Callable[[Any], Any] | None,
        types: Types,
        *,
        checked: bool,
    ) -> None:
        # A header that older clients get, and the handler sets undeclared, would be there twice.
        self._names = frozenset((*named_fields(own, types.defs), *named_fields(then, types.defs)))
        self._read = reader(types.schema(own)).read
        self._backward = backward
        self._check = types.validator(then).check if checked else None

    def settled(self, headers: list[tuple[str, str]], status: int) -> list[tuple[str, str]]:
        """The fields as they go out. Raises `AnswerError` for what is not as declared, and
        `CarryError` where it cannot be carried back.
        """
        given: dict[str, list[str]] = {}
        for name, value in headers:
            if name in self._names:
                given.setdefault(name, []).append(value)
        try:
            values = self._read(given)
        except Invalid as error:
            raise AnswerError(f"its headers: {against(error)} (status {status})") from error
        if self._backward is None:
            return headers
        try:
            carried = self._backward(values)
            if self._check is not None:
                self._check(carried)
            fields = [field for name in carried for field in _fields(name, carried[name])]
        except Exception as error:
            raise CarryError(f"the headers could not be carried back (status {status})") from error
        return [*(field for field in headers if field[0] not in self._names), *fields]


class HeadedAnswers(Answers):
    """The answers of a contract that declares headers of some of them."""

    __slots__ = ("headers",)

    headers: Mapping[int, AnswerHeaders]

    def _settle(self, res: Response, request_id: str) -> Settled:
        settled = super()._settle(res, request_id)
        asked = self._asked(res)
        known = self.headers.get(asked)
        if known is not None:
            settled.headers[:] = known.settled(settled.headers, asked)
        return settled

    def _asked(self, res: Response) -> int:
        """The status that the handler answers with."""
        if res.status_code is not None:
            return res.status_code
        if res.kind is Kind.PROBLEM:
            return 500
        if res.kind is Kind.NOTHING and self._says_nothing():
            return 204
        return self.first


def headers(
    contract: Contract,
    answer: Answer,
    down: Downgrade | None,
    types: Types,
    sources: Sources,
) -> AnswerHeaders | None:
    """What there is to do for the headers of one answer."""
    moved = down is not None and down.headers is not None
    if answer.headers is None and not moved:
        return None
    own = answer.headers or Object()
    if down is None or down.headers is None:
        return AnswerHeaders(own, own, None, types, checked=False)
    then = next((a.headers for a in contract.shape.answers if a.status == down.status), None)
    name = f"headers {contract.id}-{down.handler_status}"
    backward = sources.function(name, down.headers, "backward", {})
    return AnswerHeaders(own, then or Object(), backward, types, checked=down.checked)


def _fields(name: str, value: Any) -> list[tuple[str, str]]:
    """A value as header fields; raises for one that cannot be sent."""
    values = value if isinstance(value, list) else [value]
    return [sendable(name, v if isinstance(v, str) else json.dumps(v)) for v in values]
