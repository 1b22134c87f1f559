"""What carries events from who publishes them to who hears them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gatid.services.topics.waiting import Waiting
    from gatid_compiler.plan import Topic


class Receiver(Protocol):
    """Somebody who hears a topic in this process."""

    @property
    def waiting(self) -> Waiting:
        """Where events wait for it."""


class Fabric(Protocol):
    """A fabric within one daemon, or of many. Events are JSON that was validated."""

    async def publish(self, topic: Topic, event: bytes) -> None:
        """Returns when the event is on its way to all who hear the topic, as its overflow says.

        Raises `TopicFullError` where that is to refuse; nobody has got the event then.
        """

    def add(self, receiver: Receiver) -> None:
        """Its topic's events go to this receiver too."""

    def remove(self, receiver: Receiver) -> None:
        """They do not go to it any more."""
