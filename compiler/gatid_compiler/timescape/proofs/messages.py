"""Messages of a witness, as a person would send and see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from gatid_compiler import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatid_compiler.gtypes.faults import Fault
    from gatid_compiler.timescape.messages import Standing

_LONG = 400


def sent(standing: Standing, message: dict[str, Any]) -> str:
    """A request: `PUT /orders/1?x=2 {"a": 1}`, with headers and cookies if it has any."""
    path = message.get("path", {})
    parts = [
        quote(_text(path.get(part.name)), safe="") if isinstance(part, plan.Param) else part
        for part in standing.path
    ]
    query = urlencode(
        [(name, _text(v)) for name, value in message.get("query", {}).items() for v in _all(value)]
    )
    text = f"`{standing.method} /{'/'.join(parts)}{f'?{query}' if query else ''}`"
    for word, called in (("header", "header"), ("cookie", "cookie")):
        for name, value in message.get(word, {}).items():
            text += f" with the {called} `{name}: {', '.join(map(_text, _all(value)))}`"
    if "body" in message:
        text += f" {shown(message['body'])}"
    return text


def answered(status: int, message: dict[str, Any]) -> str:
    """An answer: `201 {"a": 1}`, with the headers that changes speak of if it has any."""
    text = f"{status} {shown(message['body'])}" if "body" in message else str(status)
    for name, value in message.get("header", {}).items():
        text += f" with the header `{name}: {', '.join(map(_text, _all(value)))}`"
    return text


def carried(message: dict[str, Any] | None, faults: Sequence[Fault]) -> str:
    """What a message becomes: the parts of it that are at fault."""
    if message is None:
        return "nothing: the transform fails"
    told = dict.fromkeys(fault.pointer.split("/")[1] for fault in faults)
    if set(told) == {"body"}:
        return shown(message["body"])
    return ", ".join(f"{part} {shown(message[part])}" for part in told)


def place(pointer: str) -> str:
    """Where a fault is: `body.lines.0.sku` of `/body/lines/0/sku`."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    return f"`{'.'.join(tokens)}`" if tokens else "the message"


def shown(value: Any) -> str:
    """A value as JSON, cut where nobody would read on."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"`{text}`" if len(text) <= _LONG else f"`{text[:_LONG]}…`"


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
