"""What handlers and hooks of a generated plan do, as data: run for real, and interpreted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gatid.errors import HTTPError


@dataclass(frozen=True)
class Passes:
    """Does nothing."""


@dataclass(frozen=True)
class Returns:
    value: Any


@dataclass(frozen=True)
class Echoes:
    """Returns what came: the body if there is one, else what was in the query."""


@dataclass(frozen=True)
class Says:
    """`res.status(status).json(value)`; a status alone when there is no value."""

    status: int
    value: Any = None
    bare: bool = False


@dataclass(frozen=True)
class Problem:
    status: int


@dataclass(frozen=True)
class Refuses:
    """Raises `HTTPError`."""

    status: int


@dataclass(frozen=True)
class Breaks:
    """Raises what nobody expects."""


Act = Passes | Returns | Echoes | Says | Problem | Refuses | Breaks


class Unexpected(Exception):  # noqa: N818
    """What `Breaks` raises."""


@dataclass
class Stage:
    """The functions of a plan, which write down who was called."""

    acts: dict[str, Act]
    calls: list[str] = field(default_factory=list)

    def functions(self) -> dict[str, Any]:
        return {
            name: self._catch(name, act) if name.startswith("c") else self._plain(name, act, i)
            for i, (name, act) in enumerate(self.acts.items())
        }

    def _plain(self, name: str, act: Act, i: int) -> Any:
        async def awaited(req: Any, res: Any, gctx: Any, lctx: Any) -> Any:
            return self._do(name, act, req, res)

        def sync(req: Any, res: Any, gctx: Any, lctx: Any) -> None:
            self._do(name, act, req, res)

        # Every other hook is a sync one; a sync handler would go to a thread.
        return sync if i % 2 and not name.startswith("h") else awaited

    def _catch(self, name: str, act: Act) -> Any:
        async def catch(error: BaseException, req: Any, res: Any, gctx: Any, lctx: Any) -> None:
            self._do(name, act, req, res)

        return catch

    def _do(self, name: str, act: Act, req: Any, res: Any) -> Any:
        self.calls.append(name)
        match act:
            case Passes():
                return None
            case Returns(value):
                return value
            case Echoes():
                return dict(req.query) if req.body is None else req.body
            case Says(status, _, True):
                return res.status(status)
            case Says(status, value):
                return res.status(status).json(value)
            case Problem(status):
                return res.problem(status, "Said")
            case Refuses(status):
                raise HTTPError(status, "Refused")
            case Breaks():
                raise Unexpected
