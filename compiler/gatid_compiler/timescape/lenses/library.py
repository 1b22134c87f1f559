"""The functions that generated code calls. Their text goes into it, so that it stands alone.

They take what validation let through, call nothing but each other, and never raise.
"""

from __future__ import annotations


def text_part(text: str, separator: str, count: int, index: int) -> str:
    parts = text.split(separator, count - 1)
    return parts[index] if index < len(parts) else ""
