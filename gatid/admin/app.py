"""What the admin listener answers: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.daemon.board import Word
from gatid.observe.render import CONTENT_TYPE, render

if TYPE_CHECKING:
    from gatid.daemon.board import Board
    from gatid.observe.pages import MeterPages

_TEXT = "text/plain; charset=utf-8"


class Admin:
    """An RSGI application over the memory that supervisor and workers share."""

    def __init__(self, board: Board, pages: MeterPages) -> None:
        self._board = board
        self._pages = pages

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.method not in ("GET", "HEAD"):
            protocol.response_str(405, [("allow", "GET, HEAD"), ("content-type", _TEXT)], "")
            return
        status, kind, body = self._answer(scope.path)
        headers = [("content-type", kind), ("cache-control", "no-store")]
        if scope.method == "HEAD":
            protocol.response_empty(status, headers)
        else:
            protocol.response_bytes(status, headers, body)

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        match path:
            case "/healthz":
                return 200, _TEXT, b"ok\n"
            case "/readyz":
                ready = self._board[Word.READY] and self._board[Word.WORKERS]
                return (200, _TEXT, b"ready\n") if ready else (503, _TEXT, b"not ready\n")
            case "/metrics":
                return 200, CONTENT_TYPE, render(self._pages) + self._own()
            case _:
                return 404, _TEXT, b"there are /healthz, /readyz and /metrics\n"

    def _own(self) -> bytes:
        """The supervisor's own figures."""
        board = self._board
        lines = [
            "# HELP gatid_committed_generation The generation that was committed last.",
            "# TYPE gatid_committed_generation gauge",
            f"gatid_committed_generation {board[Word.EPOCH]}",
            "# HELP gatid_workers Worker processes that live.",
            "# TYPE gatid_workers gauge",
            f"gatid_workers {board[Word.WORKERS]}",
            "# HELP gatid_reloads_total Reloads by what came of them.",
            "# TYPE gatid_reloads_total counter",
            f'gatid_reloads_total{{outcome="swapped"}} {board[Word.SWAPPED]}',
            f'gatid_reloads_total{{outcome="refused"}} {board[Word.REFUSED]}',
            "# HELP gatid_worker_deaths_total Workers that ended without being told to.",
            "# TYPE gatid_worker_deaths_total counter",
            f"gatid_worker_deaths_total {board[Word.DEATHS]}",
        ]
        return "\n".join([*lines, ""]).encode()
