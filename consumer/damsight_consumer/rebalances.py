"""Hands Kafka's rebalances on, in kafka-python's own thread."""

from collections.abc import Collection
from typing import Protocol

from kafka import ConsumerRebalanceListener, TopicPartition


class Owner(Protocol):
    """Who owns partitions."""

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """These are ours now; those that we had and that were not revoked stay ours."""
        ...

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        """These go to somebody else; what is done can still be committed."""
        ...

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        """These are somebody else's already; nothing can be committed."""
        ...


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """The listener that kafka-python takes.

    Args:
        owner: Is told of each change. It must return at once, and must not wait for the client.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Called when a rebalance gave us partitions."""
        self._owner.assigned(assigned)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Called before a rebalance takes partitions, and when the consumer closes."""
        self._owner.revoked(revoked)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        """Called when the group threw us out."""
        self._owner.lost(lost)
