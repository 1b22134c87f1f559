"""What of JSON Schema no type can say."""

from __future__ import annotations


class Unsupported(ValueError):  # noqa: N818 - the name that the public interface promises
    """A schema says something that no type can say exactly.

    `keyword` is the JSON Schema keyword, `pointer` where it stands in the document (RFC 6901),
    `reason` why it cannot be said.
    """

    def __init__(self, keyword: str, pointer: str, reason: str) -> None:
        super().__init__(f"`{keyword}` at `{pointer or '/'}`: {reason}")
        self.keyword = keyword
        self.pointer = pointer
        self.reason = reason
