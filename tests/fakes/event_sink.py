"""An event sink in memory: it acknowledges what it is told to."""

from damsight_publisher.errors import BrokerError
from damsight_publisher.records import Receipt
from damsight_schemas.events import AssetEvent


class FakeSink:
    """Keeps the port's contract, and breaks down where a test wants it to.

    Attributes:
        taken: Every event that was acknowledged, in order.
        breaks_after: How many events are acknowledged before the broker is gone; None: it stays.
        loses_receipts: The next events arrive, and the answer does not.
    """

    def __init__(self, scope: str = "cluster/dam.assets.v1", *, longest_value: int = 1_000_000) -> None:
        self._scope = scope
        self._longest_value = longest_value
        self._ready: list[Receipt] = []
        self.taken: list[AssetEvent] = []
        self.breaks_after: int | None = None
        self.loses_receipts = False
        self.closed = False

    @property
    def scope(self) -> str:
        return self._scope

    def send(self, event: AssetEvent) -> None:
        if self.breaks_after is not None and len(self.taken) >= self.breaks_after:
            if self.loses_receipts:
                self.taken.append(event)
            raise BrokerError("the fake broker is gone")
        if len(event.model_dump_json().encode()) > self._longest_value:
            self._ready.append(Receipt(event.data.asset_id, event.data.revision, "its event is too large"))
            return
        self.taken.append(event)
        self._ready.append(Receipt(event.data.asset_id, event.data.revision))

    def receipts(self, *, wait: bool = False) -> list[Receipt]:
        ready, self._ready = self._ready, []
        return ready

    def close(self) -> None:
        self.closed = True
