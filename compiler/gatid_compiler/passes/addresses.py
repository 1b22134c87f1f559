"""Addresses to listen on: `"host:port"`, `"unix:PATH"`, `"fd:NAME"`."""

from __future__ import annotations

import re

from gatid_compiler import plan

UNIX_PATH_BYTES = 107
"""What fits into `sockaddr_un` (unix(7))."""

_TCP = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")
_FD = re.compile(r"[!-9;-~]{1,255}")


class BadAddressError(ValueError):
    """The text is no address; the message says why."""


def address(text: str) -> plan.Listen:
    """The listener that `text` names. Raises `BadAddressError`."""
    kind, _, rest = text.partition(":")
    if kind == "unix":
        if not rest or "\0" in rest:
            raise BadAddressError("the path of the socket is missing")
        if len(rest.encode()) > UNIX_PATH_BYTES:
            raise BadAddressError(f"the path of a socket has at most {UNIX_PATH_BYTES} bytes")
        return plan.Listen("unix", rest)
    if kind == "fd":
        if not _FD.fullmatch(rest):
            raise BadAddressError("the name of the descriptor is missing")
        return plan.Listen("fd", rest)
    match = _TCP.fullmatch(text)
    if match is None:
        raise BadAddressError("it is no `host:port`")
    port = int(match["port"])
    if port > 65535:
        raise BadAddressError("a port is at most 65535")
    return plan.Listen("tcp", match["v6"] or match["host"], port)
