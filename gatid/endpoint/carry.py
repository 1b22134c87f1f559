"""Carrying messages between the shapes of a contract and those of its handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.endpoint.answers import Answers, CarryError, Declared
from gatid.ingress.problem import ProblemError
from gatid_compiler.gtypes import model
from gatid_compiler.gtypes.faults import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatid.endpoint.crossing import Crossings
    from gatid.endpoint.entity_tags import EntityTags
    from gatid.endpoint.source import Sources
    from gatid.endpoint.types import Types
    from gatid_compiler.gtypes.model import GType
    from gatid_compiler.plan import Answer, Contract, Downgrade, RequestPart, Upgrade

_IN = {"path": "path", "query": "query", "headers": "header", "cookies": "cookie", "body": "body"}


def answers(
    contract: Contract,
    types: Types,
    sources: Sources,
    crossings: Crossings,
    tags: EntityTags | None = None,
) -> Answers:
    """The answers of a contract, by the status that its handler uses."""
    downs = {down.handler_status: down for down in contract.down}
    declared = {
        answer.status: _declared(
            contract, answer, downs.get(answer.status), types, sources, crossings
        )
        for answer in contract.handler_shape.answers
    }
    return Answers(declared, types.validator(model.Ref("Problem")).answer, tags)


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
        carry = _backward(backward, down.checked, own, types)
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
    backward: Callable[[Any], Any], checked: bool, own: GType | None, types: Types
) -> Callable[[Any], bytes]:
    if own is None:
        # The contract's own status has no body: nothing of the new one may be seen.
        return _nothing
    encode = types.encoder(own)
    check = types.validator(own).check if checked else None

    def carry(value: Any) -> bytes:
        try:
            carried = backward(value)
            if check is not None:
                check(carried)
        except Exception as error:
            told = "; ".join(f.pointer for f in error.faults) if isinstance(error, Invalid) else ""
            raise CarryError(f"the answer could not be carried back {told}".rstrip()) from error
        return encode(carried)

    return carry


def forward(up: Upgrade, sources: Sources, name: str, crossings: Crossings) -> Callable[..., Any]:
    """The function that carries a request forward. One that is not proved may fail: 422."""
    calls = crossings.bound(up.calls)
    function = sources.function(f"forward {name}", up.source, "forward", calls)
    if not (up.checked or up.calls):
        return function

    def partial(*parts: Any) -> Any:
        try:
            return function(*parts)
        except Exception as error:
            raise _not_carried(()) from error

    return partial


def check(part: RequestPart, type: GType, types: Types) -> Callable[[Any, Any], None]:
    """A check of a part that was carried forward; 422, pointing into what the client sent."""
    validate = types.validator(type).check
    where = _IN[part]

    def checked(value: Any, client: Any) -> None:
        try:
            validate(value)
        except Invalid as error:
            raise _not_carried(
                tuple(
                    {
                        "in": where,
                        "pointer": _known(fault.pointer, client),
                        "expected": fault.expected,
                        "found": fault.found,
                    }
                    for fault in error.faults
                )
            ) from None

    return checked


def _known(pointer: str, client: Any) -> str:
    """As much of a pointer as leads somewhere in the client's own message."""
    kept = ""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(client, dict) and key in client:
            client = client[key]
        elif isinstance(client, list) and key.isdigit() and int(key) < len(client):
            client = client[int(key)]
        else:
            break
        kept += f"/{token}"
    return kept


def _not_carried(errors: tuple[dict[str, str], ...]) -> ProblemError:
    return ProblemError(
        422,
        "not-carried",
        "the request cannot be carried to the version that serves it",
        errors=errors,
    )


def _nothing(_value: Any) -> bytes:
    return b""
