"""Topics: what handlers and modules publish reaches every subscriber in every worker."""

from gatid.services.topics.fabric import Fabric, Receiver
from gatid.services.topics.generation import Topics
from gatid.services.topics.given import GivenTopics
from gatid.services.topics.subscriber import Subscription
from gatid.services.topics.workers import Inbox, WorkerFabric, inboxes

__all__ = [
    "Fabric",
    "GivenTopics",
    "Inbox",
    "Receiver",
    "Subscription",
    "Topics",
    "WorkerFabric",
    "inboxes",
]
