from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict
from uuid import UUID

from gatid.handlers import Request, Response

if TYPE_CHECKING:
    from desk.models import Note


class NewNote(TypedDict):
    text: str
    mood: NotRequired[str]


class Titled(TypedDict):
    id: UUID
    text: str
    tags: list[str]
    title: int


class Query(TypedDict):
    dry: bool


class Limited(TypedDict):
    limit: int


Put = Request[NewNote, Query]


async def put(req: Put, res, gctx, lctx) -> Note | None: ...


async def get(req: Request[Any, Any, dict[str, str]], res: Response, gctx, lctx) -> Note | Response: ...


async def listing(req: "Request[Any, Limited]", res, gctx, lctx) -> dict[Literal["items"], list[Note]]: ...


async def open_(req, res, gctx, lctx) -> dict[str, Any]: ...


async def old(req, res, gctx, lctx) -> Titled: ...
