"""What of a request is never written down.

Three things are hidden: credentials, fields whose type says `secret`, and what the pointers of
`redact` lead to. What was hidden at one place is hidden wherever it stands: a card number in the
body is not kept in the local data either. Secrets that this process has read are hidden as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatid.observe.scrub import MASK, Scrubber
from gatid.snapshots.frozen import Missing, type_name
from gatid_compiler.gtypes import model as m

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HIDDEN = "hidden"

CREDENTIALS = frozenset(
    ("authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key")
)
"""Headers that say who somebody is."""

_SHORTEST = 4


class Hidden:
    """Hides values of one snapshot, once it knows them."""

    def __init__(self, secrets: Scrubber) -> None:
        self._secrets = secrets
        self._own = Scrubber()
        self._numbers: set[int | float] = set()
        self._any = False

    def learn(self, value: Any) -> None:
        """All texts and numbers in a value are hidden from now on. Of those that are shorter than
        four characters only the place is hidden at which they were found.
        """
        for leaf in _leaves(value):
            if type(leaf) is bytes:
                leaf = leaf.decode("utf-8", "surrogateescape")
            if type(leaf) is str and len(leaf) >= _SHORTEST:
                self._own.add(leaf)
                self._any = True
            elif type(leaf) in (int, float) and len(str(leaf)) >= _SHORTEST:
                self._numbers.add(leaf)
                self._own.add(str(leaf))
                self._any = True

    def text(self, text: str) -> str:
        """The text without what is hidden."""
        text = self._secrets.text(text)
        return self._own.text(text) if self._any else text

    def value(self, value: Any) -> Any:
        """A value without parts: itself, a text with `***` in it, or `Missing`."""
        if type(value) is str:
            shown = self.text(value)
            return value if shown == value else shown
        if value is None or type(value) is bool:
            return value
        if type(value) in (bytes, bytearray):
            shown = value.decode("utf-8", "surrogateescape")
        else:
            if type(value) in (int, float) and value in self._numbers:
                return Missing(type_name(value), HIDDEN)
            shown = str(value)
            if len(shown) < _SHORTEST:
                return value
        return Missing(type_name(value), HIDDEN) if self.text(shown) != shown else value


def _leaves(root: Any) -> Iterator[Any]:
    rest = [root]
    seen: set[int] = set()
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            inner = [*value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            inner = [*value]
        else:
            yield value
            continue
        if id(value) not in seen:
            seen.add(id(value))
            rest += inner


def secret_fields(type: m.GType | None, value: Any, types: Mapping[str, m.GType]) -> list[Any]:
    """The values of fields that the type calls secret; `***` takes their place in `value`."""
    found: list[Any] = []
    if type is not None:
        _mask_fields(type, value, types, found)
    return found


def _mask_fields(type: m.GType, value: Any, types: Mapping[str, m.GType], found: list[Any]) -> None:
    match type:
        case m.Ref(name):
            # A type that leads to itself needs a value for each step.
            if name in types and isinstance(value, dict | list):
                _mask_fields(types[name], value, types, found)
        case m.Union(parts) | m.Intersection(parts):
            for part in parts:
                _mask_fields(part, value, types, found)
        case m.Array() if isinstance(value, list):
            for item in value:
                _mask_fields(type.item, item, types, found)
        case m.Tuple() if isinstance(value, list):
            for part, item in zip(type.items, value, strict=False):
                _mask_fields(part, item, types, found)
            if type.rest is not None:
                for item in value[len(type.items) :]:
                    _mask_fields(type.rest.item, item, types, found)
        case m.Object() if isinstance(value, dict):
            for key in value:
                field = type.field(key)
                if field is not None and field.secret:
                    _mask(value, key, found)
                elif field is not None:
                    _mask_fields(field.type, value[key], types, found)
                elif type.rest is not None:
                    _mask_fields(type.rest, value[key], types, found)


def at_pointer(pointer: tuple[str, ...], value: Any) -> list[Any]:
    """What the pointer leads to in dicts and lists, `*` to each of their items; it is replaced by
    `***`.
    """
    found: list[Any] = []
    _mask_at(pointer, value, found)
    return found


def _mask_at(pointer: tuple[str, ...], value: Any, found: list[Any]) -> None:
    keys: list[Any]
    first, *rest = pointer
    if isinstance(value, dict):
        keys = [*value] if first == "*" else [k for k in value if k == first]
    elif isinstance(value, list):
        keys = [*range(len(value))] if first == "*" else _index(first, len(value))
    else:
        return
    for key in keys:
        if rest:
            _mask_at(tuple(rest), value[key], found)
        else:
            _mask(value, key, found)


def _index(text: str, length: int) -> list[int]:
    return [int(text)] if text.isdecimal() and text.isascii() and int(text) < length else []


def _mask(container: Any, key: Any, found: list[Any]) -> None:
    if container[key] != MASK:
        found.append(container[key])
        container[key] = MASK


def segments(pointer: str) -> tuple[str, ...]:
    """The reference tokens of a JSON Pointer (RFC 6901)."""
    return tuple(p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:])
