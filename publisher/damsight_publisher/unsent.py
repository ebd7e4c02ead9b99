"""The sink of a dry run: nothing leaves it."""

from damsight_publisher.records import Receipt
from damsight_schemas.events import AssetEvent


class UnsentSink:
    """Takes no event; it only tells where events would go, so that the journal can tell what is there."""

    def __init__(self, scope: str) -> None:
        self._scope = scope

    @property
    def scope(self) -> str:
        """Where events would go."""
        return self._scope

    def send(self, event: AssetEvent) -> None:
        """Refuse: a dry run sends nothing."""
        raise AssertionError(f"a dry run was about to send the event of {event.data.asset_id}")

    def receipts(self, *, wait: bool = False) -> list[Receipt]:  # noqa: ARG002  the port's signature
        """Nothing was sent, so nothing became of it."""
        return []

    def close(self) -> None:
        """There is no connection."""
