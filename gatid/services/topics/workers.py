"""Topics over the workers of one daemon: each has an inbox, into which all others write.

An inbox is a pair of UNIX sockets that keep messages apart (SOCK_SEQPACKET), made before the
workers are forked and kept by the supervisor: a worker that is started again reads on where the
one before it was killed. Nothing is locked, nothing blocks. What the kernel does not take waits
in the worker that published it, as bounded as the topic says; a worker whose subscribers are full
stops reading, where the topic's events may not be dropped, until they have room.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatid.errors import TopicFullError
from gatid.lifecycle.tasks import detached
from gatid.observe import families
from gatid.services.topics.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatid.observe.meters import Meters
    from gatid.services.topics.fabric import Receiver
    from gatid_compiler.plan import Topic

LARGEST = 64 << 10
"""Bytes of one event as JSON: well below what a socket's buffer takes at once."""

_TURN = 100
"""Events that are read in one turn, after which requests have theirs."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """Where events for one worker arrive. Both ends are shared by all processes."""

    read: socket.socket
    write: socket.socket


def inboxes(workers: int) -> tuple[Inbox, ...]:
    """One for each worker, to be made before any is forked."""
    made = []
    for _ in range(workers if workers > 1 else 0):
        read, write = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read.setblocking(False)
        write.setblocking(False)
        made.append(Inbox(read, write))
    return tuple(made)


class WorkerFabric:
    """The fabric as one worker has it. Alone until `join`."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._receivers: dict[str, list[Receiver]] = {}
        self._lines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._links: tuple[_Link, ...] = ()
        self._inbox: socket.socket | None = None
        self._held: asyncio.Task[None] | None = None

    def join(self, boxes: Sequence[Inbox], index: int) -> None:
        """Exchanges events with the other workers from now on."""
        if self._inbox is not None or not boxes:
            return
        self._links = tuple(
            _Link(box.write, self._meters) for i, box in enumerate(boxes) if i != index
        )
        self._inbox = boxes[index].read
        asyncio.get_running_loop().add_reader(self._inbox.fileno(), self._hear)

    def add(self, receiver: Receiver) -> None:
        """Its topic's events go to this receiver too."""
        self._receivers.setdefault(receiver.waiting.topic.name, []).append(receiver)

    def remove(self, receiver: Receiver) -> None:
        """They do not go to it any more."""
        with contextlib.suppress(KeyError, ValueError):
            self._receivers[receiver.waiting.topic.name].remove(receiver)

    async def publish(self, topic: Topic, event: bytes) -> None:
        """Puts the event where it waits for every subscriber and every other worker."""
        if topic.overflow == "refuse" and any(each.must_wait for each in self._targets(topic)):
            self._meters.cell(families.REFUSED_EVENTS, topic=topic.name).add()
            raise TopicFullError(
                f"topic `{topic.name}`: {topic.capacity} events wait for somebody already"
            )
        # In line, so that a place which becomes free wakes one, however many wait for it, and
        # nobody passes those who were there before.
        async with self._lines[topic.name]:
            while full := next((each for each in self._targets(topic) if each.must_wait), None):
                await full.room()
            for each in self._targets(topic):
                each.put(event)
        for link in self._links:
            link.flush()
        self._meters.cell(families.PUBLISHED, topic=topic.name).add()

    def close(self) -> None:
        """Says and hears no more."""
        if self._inbox is not None:
            asyncio.get_running_loop().remove_reader(self._inbox.fileno())
        if self._held is not None:
            self._held.cancel()
        for link in self._links:
            link.close()

    def _targets(self, topic: Topic) -> Iterator[Waiting]:
        for receiver in self._receivers.get(topic.name, ()):
            yield receiver.waiting
        for link in self._links:
            yield link.waiting(topic)

    def _hear(self) -> None:
        assert self._inbox is not None  # noqa: S101 - it is what is read
        for _ in range(_TURN):
            try:
                message = self._inbox.recv(2 * LARGEST)
            except (BlockingIOError, InterruptedError):
                return
            if not message:
                asyncio.get_running_loop().remove_reader(self._inbox.fileno())
                return
            name, _, event = message.partition(b"\0")
            receivers = [each.waiting for each in self._receivers.get(name.decode(), ())]
            if any(each.must_wait for each in receivers):
                asyncio.get_running_loop().remove_reader(self._inbox.fileno())
                self._held = detached(self._hold(receivers, event))
                return
            for each in receivers:
                each.put(event)

    async def _hold(self, receivers: Sequence[Waiting], event: bytes) -> None:
        """Reads on when all of them have room for an event that may not be dropped."""
        for each in receivers:
            if each.topic.overflow in ("wait", "refuse"):
                await each.room()
            each.put(event)
        self._held = None
        if self._inbox is not None:
            asyncio.get_running_loop().add_reader(self._inbox.fileno(), self._hear)


class _Link:
    """The way to one other worker: its inbox, and what waits for room in it, by topic."""

    def __init__(self, sock: socket.socket, meters: Meters) -> None:
        # Of its own: the loop that waits for one descriptor does not know another one's owner.
        self._sock = sock.dup()
        self._meters = meters
        self._waiting: dict[str, Waiting] = {}
        self._blocked = False

    def waiting(self, topic: Topic) -> Waiting:
        """What waits of a topic; the bounds are those of who published last."""
        found = self._waiting.get(topic.name)
        if found is None:
            lost = self._meters.cell(families.LOST_EVENTS, topic=topic.name)
            found = self._waiting[topic.name] = Waiting(topic, lost.add)
        found.topic = topic
        return found

    def flush(self) -> None:
        """Sends what the inbox takes, of each topic in turn."""
        if not self._blocked:
            self._send()

    def close(self) -> None:
        """Sends no more."""
        if self._blocked:
            asyncio.get_running_loop().remove_writer(self._sock.fileno())
        for each in self._waiting.values():
            each.close()
        self._sock.close()

    def _send(self) -> None:
        busy = [each for each in self._waiting.values() if len(each)]
        while busy:
            for each in busy:
                try:
                    self._sock.send(each.topic.name.encode() + b"\0" + each.peek())
                except (BlockingIOError, InterruptedError):
                    self._wait()
                    return
                each.take()
            busy = [each for each in busy if len(each)]
        if self._blocked:
            self._blocked = False
            asyncio.get_running_loop().remove_writer(self._sock.fileno())

    def _wait(self) -> None:
        if not self._blocked:
            self._blocked = True
            asyncio.get_running_loop().add_writer(self._sock.fileno(), self._send)
