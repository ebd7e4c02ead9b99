"""What publishing asks of the world. No vendor; the fake and the real one keep the same suite (tests/contract)."""

from typing import Protocol

from damsight_publisher.records import Receipt
from damsight_schemas.events import AssetEvent


class EventSink(Protocol):
    """Takes events. One thread calls it."""

    @property
    def scope(self) -> str:
        """Where events go, as a name that is never used again: the cluster's id and the topic."""
        ...

    def send(self, event: AssetEvent) -> None:
        """Hand an event over; it may block while too much is on its way. Events of one asset keep their order.

        Raises:
            BrokerError: Nothing can be handed over.
        """
        ...

    def receipts(self, *, wait: bool = False) -> list[Receipt]:
        """Return what became of the events since the last call, each once.

        Args:
            wait: Until every event that was handed over has its receipt.

        Raises:
            BrokerError: An event was not acknowledged in time; the receipts so far come with the next call.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; what has no receipt yet may or may not arrive."""
        ...
