"""The exceptions that handlers, hooks and modules raise or may catch."""

from __future__ import annotations

import errno
from http import HTTPStatus


class HTTPError(Exception):
    """Answers the request with a problem document (RFC 9457) of this status.

    `status` is 400 to 599; `title` defaults to the status's own phrase. Raise it anywhere in
    a handler, a hook or a module: `raise HTTPError(409, "out of stock", detail="0 left")`.
    """

    def __init__(self, status: int, title: str | None = None, detail: str | None = None) -> None:
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"an HTTPError needs a status from 400 to 599, not {status!r}")
        self.status = int(status)
        self.title = _phrase(self.status) if title is None else title
        self.detail = detail
        super().__init__(self.status, self.title, detail)

    def __str__(self) -> str:
        words = f"{self.status} {self.title}"
        return words if self.detail is None else f"{words}: {self.detail}"


class NotSupportedError(NotImplementedError):
    """What the language describes and this version does not do yet."""


class DeniedError(PermissionError):
    """A capability that was not declared; the message says what to write to get it."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EACCES, message)

    def __str__(self) -> str:
        return str(self.strerror)


class ModuleError(Exception):
    """A module could not be built, started, stopped or called; `module` is its name."""

    def __init__(self, module: str, message: str) -> None:
        self.module = module
        super().__init__(f"module `{module}`: {message}")


class ModuleTimeoutError(ModuleError, TimeoutError):
    """A call of a module took longer than the module's `timeout`."""


class ModuleTypeError(ModuleError, TypeError):
    """An argument or a result of a module's method is not of the type it is annotated with."""


class ModuleCrashedError(ModuleError):
    """A module's process ended while it was called: the call may have done its work or not."""


class ModuleUnavailableError(ModuleError):
    """A module is being started again; a request that ends with this is answered 503."""


class TopicError(Exception):
    """Something could not be published."""


class TopicValueError(TopicError, ValueError):
    """What was to be published is not of the topic's type, or too large."""


class TopicFullError(TopicError):
    """Somebody who hears the topic is slow, and its `overflow` is `refuse`."""


class RequestEndedError(RuntimeError):
    """A local context was used after its request had ended."""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Error" if status < 500 else "Server Error"
