from typing import TypedDict
from uuid import UUID


class Note(TypedDict):
    id: UUID
    text: str
    tags: list[int]
