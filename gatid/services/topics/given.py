"""The topics that a route or a module may publish to, and no others."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from gatid.errors import DeniedError, TopicValueError
from gatid.services.topics.workers import LARGEST
from gatid_compiler.gtypes.encode import encoder
from gatid_compiler.gtypes.faults import Invalid
from gatid_compiler.gtypes.model import Schema
from gatid_compiler.gtypes.validator import validator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gatid.services.topics.fabric import Fabric
    from gatid_compiler.gtypes.validator import Validator
    from gatid_compiler.plan import Topic


class Typed:
    """A topic with what validates and writes its events."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._schema = Schema(topic.type, topic.types)

    @cached_property
    def _validator(self) -> Validator:
        return validator(self._schema)

    @cached_property
    def _encode(self) -> Callable[[Any], bytes]:
        return encoder(self._schema)

    def warm(self) -> Typed:
        """The same, with what it needs made now."""
        _ = self._validator, self._encode
        return self

    def read(self, event: bytes) -> Any:
        """The value of an event; a new one each time, so that nobody changes another's."""
        return self._validator.json(event)

    def write(self, value: Any) -> bytes:
        """A value as an event; raises `TopicValueError`, which does not show the value."""
        try:
            event = self._encode(self._validator.answer(value))
        except Invalid as error:
            told = "; ".join(f"{f.pointer or 'the whole'}: {f.expected}" for f in error.faults[:5])
            raise TopicValueError(
                f"what was published to `{self.topic.name}` is not of its type, which wants {told}"
            ) from None
        if len(event) > LARGEST:
            raise TopicValueError(
                f"what was published to `{self.topic.name}` has {len(event)} bytes as JSON,"
                f" of at most {LARGEST}"
            )
        return event


class GivenTopics:
    """`publish` for one who may publish to `allowed`; `reader` and `line` are what is to be
    written, and where, for another.
    """

    __slots__ = ("_allowed", "_fabric", "_line", "_topics", "_where")

    def __init__(
        self,
        fabric: Fabric,
        topics: Mapping[str, Typed],
        allowed: Collection[str],
        where: str,
        line: str,
    ) -> None:
        self._fabric = fabric
        self._topics = topics
        self._allowed = frozenset(allowed)
        self._where = where
        self._line = line

    async def publish(self, topic: str, value: Any) -> None:
        """Sends a value to every subscriber; what `gctx.publish` and `mctx.publish` do."""
        found = self._topics.get(topic)
        if found is None:
            raise DeniedError(f"no topic `{topic}` is declared: write `topic {topic}: Type`")
        if topic not in self._allowed:
            raise DeniedError(
                f"topic `{topic}` may not be published here:"
                f" write `{self._line} {topic}` in {self._where}"
            )
        await self._fabric.publish(found.topic, found.write(value))
