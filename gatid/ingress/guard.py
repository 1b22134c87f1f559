"""What a request must look like before anything is made of it.

granian hands over paths percent-decoded, without the raw form, and passes any Host on: what a
proxy in front could read in another way is refused here, with 400.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatid.ingress.problem import ProblemError

if TYPE_CHECKING:
    from gatid.ingress.rsgi import Headers, Scope

_DOTS = re.compile(r"/\.\.?(?:/|\Z)")
_HOST = re.compile(
    r"(?:[A-Za-z0-9_\-.~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?", re.ASCII
)
_KNOWN_HOSTS = 64


class Guard:
    """The rules of paths and hosts. It remembers the hosts it has found well-formed."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[str] = set()

    def host(self, scope: Scope, headers: Headers) -> None:
        """Raises unless there is one well-formed Host; only HTTP/1.0 may leave it out."""
        hosts = headers.get_all("host")
        if len(hosts) == 1 and hosts[0] in self._known:
            return
        if len(hosts) > 1:
            raise _refused("there is more than one Host header")
        if hosts:
            self._learn(hosts[0])
        elif "host" in headers:
            raise _refused("the Host header is malformed")
        # granian writes HTTP/1.0 as "1".
        elif scope.http_version not in {"1", "1.0"}:
            raise _refused("the Host header is missing")

    def _learn(self, host: str) -> None:
        if not _HOST.fullmatch(host):
            raise _refused("the Host header is malformed")
        if len(self._known) < _KNOWN_HOSTS:
            self._known.add(host)


def path(path: str, method: str) -> None:
    """Raises when a decoded path could mean two things, or is none; `OPTIONS *` is one."""
    if (
        "//" in path
        or "\\" in path
        or "\0" in path
        or "\ufffd" in path
        or ("/." in path and _DOTS.search(path))
        or (path[:1] != "/" and (path, method) != ("*", "OPTIONS"))
    ):
        raise _refused("the path is malformed")


def _refused(title: str) -> ProblemError:
    # What follows on a connection with such a request is not to be trusted either.
    return ProblemError(400, "malformed-request", title, headers=(("connection", "close"),))
