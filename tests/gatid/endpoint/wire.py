"""A request and its answer without a network: what granian hands over, as plain objects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from gatid.ingress.rsgi import ProtocolClosed


class Fields:
    """Header fields as granian shows them: lower-case names, values in order."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = [(name.lower(), value) for name, value in pairs]

    def __contains__(self, name: str) -> bool:
        return any(name == n for n, _ in self._pairs)

    def get(self, name: str, default: Any = None) -> Any:
        return next((v for n, v in self._pairs if n == name), default)

    def get_all(self, name: str) -> list[str]:
        return [v for n, v in self._pairs if n == name]

    def items(self) -> list[tuple[str, str]]:
        return list(self._pairs)


@dataclass
class Ask:
    """A request as `scope`; a body brings its Content-Length."""

    method: str
    path: str
    query_string: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    client: str = "192.0.2.7:4711"
    http_version: str = "1.1"

    @property
    def headers(self) -> Fields:
        pairs = [*self.fields]
        if not any(name.lower() == "host" for name, _ in pairs):
            pairs.append(("host", "shop.example"))
        if self.body is not None:
            pairs.append(("content-length", str(len(self.body))))
        return Fields(pairs)


@dataclass
class Wire:
    """`proto`: gives the body, keeps the answer."""

    body: bytes = b""
    status: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list)
    content: bytes = b""
    answers: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    stalls: bool = False

    async def __call__(self) -> bytes:
        await asyncio.sleep(0)
        if self.stalls:
            await asyncio.Event().wait()
        return self.body

    async def __aiter__(self) -> Any:
        yield self.body
        yield b""

    async def client_disconnect(self) -> None:
        await self.gone.wait()

    def response_empty(self, status: int, fields: list[tuple[str, str]]) -> None:
        self.response_bytes(status, fields, b"")

    def response_bytes(self, status: int, fields: list[tuple[str, str]], body: bytes) -> None:
        self.answers += 1
        self.answered.set()
        self.status, self.fields, self.content = status, fields, body

    def response_stream(self, status: int, fields: list[tuple[str, str]]) -> Wire:
        self.response_bytes(status, fields, b"")
        return self

    async def send_bytes(self, data: bytes) -> None:
        if self.gone.is_set():
            raise ProtocolClosed
        self.content += data

    def header(self, name: str) -> str | None:
        """The one value of a header, None without it."""
        values = [v for n, v in self.fields if n == name]
        assert len(values) <= 1, f"{name} is there {len(values)} times"
        return values[0] if values else None
