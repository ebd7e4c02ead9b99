"""What standing searches ask of the world. No vendor; each has one fake held to the same suite."""

from collections.abc import Sequence
from typing import Any, Protocol

from damsight_consumer.standing.arrival import Arrival
from damsight_schemas.alerts import AlertEvent


class StandingSearches(Protocol):
    """Tells which standing searches there are. One thread calls it."""

    def changed(self) -> str:
        """Return what is another after each change of any of them, at little cost.

        Raises:
            IndexUnavailableError: It cannot be told now.
            StandingSearchesRefusedError: They may not be read.
        """
        ...

    def bodies(self) -> list[dict[str, Any]]:
        """Return all, as JSON of `damsight_schemas.standing.StandingQuery`.

        Raises:
            IndexUnavailableError: It cannot be told now.
            StandingSearchesRefusedError: They may not be read.
        """
        ...


class AlertRecords(Protocol):
    """Keeps each alert once, for its owner to see, and as the mark that it was told. Several threads call it."""

    def known(self, alert_ids: Sequence[str]) -> frozenset[str]:
        """Return those of the ids that are kept already, whether or not their owner has hidden them since.

        Raises:
            IndexUnavailableError: It cannot be told now.
        """
        ...

    def keep(self, events: Sequence[AlertEvent]) -> None:
        """Keep alerts; what is kept already stays as it is.

        Raises:
            IndexUnavailableError: Some are not kept; all must be kept again.
        """
        ...


class Alerts(Protocol):
    """Tells alerts to whoever listens. Several threads call it."""

    def publish(self, events: Sequence[AlertEvent]) -> None:
        """Return only when every event is acknowledged by all replicas.

        Raises:
            DeadLettersUnavailableError: Some are not; all must be sent again.
        """
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class StoredArrivals(Protocol):
    """Tells assets as the index holds them. Several threads call it."""

    def arrivals(self, asset_ids: Sequence[str]) -> list[Arrival]:
        """Return those that are there and not deleted, with their vectors.

        Raises:
            IndexUnavailableError: It cannot be told now.
        """
        ...
