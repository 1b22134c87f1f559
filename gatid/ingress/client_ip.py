"""Who is at the other end: the peer of the connection. Forwarding headers are not believed."""

from __future__ import annotations


def client_address(peer: str) -> str:
    """The address in granian's `host:port`; a UNIX socket's peer has no address."""
    host, colon, port = peer.rpartition(":")
    if not (colon and port.isdigit()):
        return peer
    return host[1:-1] if host.startswith("[") else host
