"""A secret's value, which shows itself to nobody."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Never, SupportsIndex

from gatid.observe.scrub import MASK

if TYPE_CHECKING:
    from collections.abc import Callable


class Secret:
    """A value that does not show itself: only `reveal()` gives the text.

    It prints as `***` and cannot be pickled or written as JSON. A copy is the secret itself.
    """

    __slots__ = ("_text", "name")

    name: str
    _text: Callable[[], str]

    def __init__(self, name: str, text: str) -> None:
        object.__setattr__(self, "name", name)
        # Not the text itself: who walks over the attributes of an object finds a function.
        object.__setattr__(self, "_text", lambda: text)

    def reveal(self) -> str:
        """The text. Hand it to what needs it, and keep it nowhere."""
        return self._text()

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, theirs = self.reveal(), other.reveal()
        return hmac.compare_digest(
            mine.encode("utf-8", "surrogatepass"), theirs.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self.reveal()))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"secret `{self.name}` cannot be changed")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"secret `{self.name}` cannot be changed")

    def __getstate__(self) -> Never:
        raise TypeError(f"secret `{self.name}` cannot be pickled: pass its name and read it there")

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        self.__getstate__()

    def __init_subclass__(cls) -> Never:
        raise TypeError("a secret is what it is: hold one instead")
