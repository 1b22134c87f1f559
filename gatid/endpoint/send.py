"""Sending an answer that is not the plain one: without a body, as a stream, to a HEAD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatid.ingress.rsgi import ProtocolClosed, ProtocolError

if TYPE_CHECKING:
    from gatid.endpoint.answers import Settled
    from gatid.ingress.rsgi import HTTPProtocol


class StreamError(Exception):
    """The handler's stream raised after the answer had begun; nothing more can be said."""


_BODILESS = frozenset({204, 304})


async def send(
    proto: HTTPProtocol, method: str, settled: Settled, more: list[tuple[str, str]]
) -> None:
    """Sends the answer with more header fields; a HEAD gets them and the length alone."""
    content = settled.content
    status = settled.status
    headers = settled.headers + more
    if content is None or status in _BODILESS:
        if status not in _BODILESS:
            headers.append(("content-length", "0"))
        proto.response_empty(status, headers)
    elif isinstance(content, bytes):
        if method == "HEAD":
            headers.append(("content-length", str(len(content))))
            proto.response_empty(status, headers)
        else:
            proto.response_bytes(status, headers, content)
    elif method == "HEAD":
        proto.response_empty(status, headers)
    else:
        transport = proto.response_stream(status, headers)
        try:
            async for chunk in content:
                await transport.send_bytes(chunk.encode() if isinstance(chunk, str) else chunk)
        except (ProtocolClosed, ProtocolError):
            # The client has gone. The generator's own cleanup runs when it is closed.
            return
        except Exception as error:
            raise StreamError from error
        finally:
            close = getattr(content, "aclose", None)
            if close is not None:
                await close()
