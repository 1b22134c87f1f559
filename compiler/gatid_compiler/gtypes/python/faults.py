"""What extraction says: faults, which refuse, and notes, which tell of a narrower meaning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """An annotation that is no GType: where it stands, and what to write instead."""

    path: str
    annotation: str
    reason: str
    help: str

    def __str__(self) -> str:
        return f"{self.path}: `{self.annotation}` {self.reason}; {self.help}"


@dataclass(frozen=True, slots=True)
class Note:
    """The GType says what the annotation says, except for this."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class NotExtractableError(Exception):
    """Annotations that cannot be expressed, all of them in `faults`."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def shown(annotation: object) -> str:
    """An annotation as a person writes it, on one line."""
    if isinstance(annotation, type) and not hasattr(annotation, "__origin__"):
        return annotation.__qualname__
    text = str(annotation) if isinstance(annotation, str) else repr(annotation)
    return " ".join(text.replace("typing_extensions.", "").replace("typing.", "").split())
