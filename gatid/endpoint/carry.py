"""Carrying messages between the shapes of a contract and those of its handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.endpoint.answer_headers import HeadedAnswers, headers
from gatid.endpoint.answers import Answers, CarryError, Declared
from gatid.endpoint.crossing import NotCrossedError
from gatid.endpoint.places import Whereabouts, tokens
from gatid.ingress.problem import ProblemError
from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.faults import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatid.endpoint.crossing import Crossings
    from gatid.endpoint.entity_tags import EntityTags
    from gatid.endpoint.source import Sources
    from gatid.endpoint.types import Types
    from gatid.observe.scrub import Scrubber
    from gatid_compiler.gtypes.faults import Fault
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Answer, Contract, Downgrade, Shape, Upgrade


_TOLD = 5
"""So many faults of an answer are logged."""


def answers(
    contract: Contract,
    types: Types,
    sources: Sources,
    crossings: Crossings,
    tags: EntityTags | None = None,
    scrubber: Scrubber | None = None,
) -> Answers:
    """The answers of a contract, by the status that its handler uses."""
    downs = {down.handler_status: down for down in contract.down}
    declared = {
        answer.status: _declared(
            contract, answer, downs.get(answer.status), types, sources, crossings
        )
        for answer in contract.handler_shape.answers
    }
    headed = {
        answer.status: known
        for answer in contract.handler_shape.answers
        if (known := headers(contract, answer, downs.get(answer.status), types, sources))
    }
    problem = types.validator(model.Ref("Problem")).answer
    if not headed:
        return Answers(declared, problem, tags, scrubber)
    made = HeadedAnswers(declared, problem, tags, scrubber)
    made.headers = headed
    return made


def _declared(
    contract: Contract,
    answer: Answer,
    down: Downgrade | None,
    types: Types,
    sources: Sources,
    crossings: Crossings,
) -> Declared:
    status = answer.status if down is None else down.status
    if answer.type is None:
        return Declared(status, None, _nothing, raw=None, text=False, problem=False)
    carry: Callable[[Any], bytes]
    moved = down is not None and down.source is not None
    if down is None or down.source is None:
        carry = types.encoder(answer.type)
    else:
        own = next(a.type for a in contract.shape.answers if a.status == status)
        name = f"backward {contract.id}-{down.handler_status}"
        backward = sources.function(name, down.source, "backward", crossings.bound(down.calls))
        carry = _backward(backward, down, own, types, contract.id)
    root = types.resolve(answer.type)
    raw = root if isinstance(root, (model.Bytes, model.Any)) and not moved else None
    return Declared(
        status,
        types.validator(answer.type).answer,
        carry,
        raw=raw,
        text=not moved and types.takes_text(answer.type),
        problem=answer.type == model.Ref("Problem") and status >= 400,
    )


def _backward(
    backward: Callable[[Any], Any], down: Downgrade, own: GType | None, types: Types, contract: str
) -> Callable[[Any], bytes]:
    if own is None:
        # The contract's own status has no body: nothing of the new one may be seen.
        return _nothing
    encode = types.encoder(own)
    check = types.validator(own).check if down.checked else None
    where = Whereabouts(down.places, ("body",))
    failed = f"the answer {down.handler_status} could not be carried back to `{contract}`"

    def carry(value: Any) -> bytes:
        try:
            carried = backward(value)
            if check is not None:
                check(carried)
        except Invalid as error:
            told = "; ".join(_astray(fault, where, value) for fault in error.faults[:_TOLD])
            raise CarryError(f"{failed}: {told}") from error
        except Exception as error:
            raise CarryError(failed) from error
        return encode(carried)

    return carry


def _astray(fault: Fault, where: Whereabouts, value: Any) -> str:
    """A fault in what a client would have got, and where that is in what the handler gave."""
    from_ = where.told(["body", *tokens(fault.pointer)], (value,), "", "")["pointer"]
    return f"`{fault.pointer or '/'}`, which is `{from_ or '/'}` now, is not {fault.expected}"


def forward(
    up: Upgrade, shape: Shape, types: Types, sources: Sources, name: str, crossings: Crossings
) -> Callable[..., Any]:
    """The function that carries a request forward, into the shape. One that is not proved may
    fail: 422, pointing into what the client sent.
    """
    calls = crossings.bound(up.calls)
    function = sources.function(f"forward {name}", up.source, "forward", calls)
    if not (up.checked or up.calls):
        return function
    where = Whereabouts(up.places, up.parts)
    checks = [
        (up.parts.index(part), part, types.validator(getattr(shape, part)).check)
        for part in up.checked
    ]
    alone = len(up.parts) == 1

    def partial(*sent: Any) -> Any:
        try:
            made = function(*sent)
        except NotCrossedError as error:
            raise _not_carried(tuple(_not_crossed(error, where, sent))) from error
        except Exception as error:
            raise _not_carried(()) from error
        for index, part, check in checks:
            try:
                check(made if alone else made[index])
            except Invalid as error:
                raise _not_carried(
                    tuple(
                        where.told([part, *tokens(f.pointer)], sent, f.expected, f.found)
                        for f in error.faults
                    )
                ) from None
        return made

    return partial


def _not_crossed(
    error: NotCrossedError, where: Whereabouts, sent: tuple[Any, ...]
) -> Iterator[dict[str, str]]:
    for fault in error.faults:
        yield where.at([*error.way, *tokens(fault.pointer)], sent, fault.expected, fault.found)
    if not error.faults:
        yield where.at(error.way, sent, "what can be carried to a newer version", "what cannot")


def _not_carried(errors: tuple[dict[str, str], ...]) -> ProblemError:
    return ProblemError(
        422,
        "not-carried",
        "the request cannot be carried to the version that serves it",
        errors=errors,
    )


def _nothing(_value: Any) -> bytes:
    return b""
