"""What every event sink keeps."""

import random
from typing import Any

from damsight_publisher.ports import EventSink
from damsight_schemas.events import AssetEvent, deleted
from examples.assets import changed_event


def event(asset_id: str, revision: int, **metadata: Any) -> AssetEvent:
    return changed_event(asset_id, revision, **metadata)


class EventSinkContract:
    """Subclasses give `sink`, a fresh one, and `arrived`, which lists what arrived at it."""

    def arrived(self, sink: EventSink) -> list[AssetEvent]:
        raise AssertionError("the subclass tells what arrived")

    def test_every_event_has_one_receipt(self, sink: EventSink) -> None:
        """After waiting, each event has its receipt, once, and has arrived."""
        for number in range(100):
            sink.send(event(f"asset-{number}", 1))
        receipts = sink.receipts(wait=True)
        assert {receipt.asset_id for receipt in receipts} == {f"asset-{number}" for number in range(100)}
        assert len(receipts) == 100
        assert all(receipt.problem is None for receipt in receipts)
        assert sink.receipts(wait=True) == []
        assert len(self.arrived(sink)) == 100

    def test_nothing_sent_nothing_received(self, sink: EventSink) -> None:
        """Waiting for nothing returns at once."""
        assert sink.receipts(wait=True) == []

    def test_events_of_one_asset_keep_their_order(self, sink: EventSink) -> None:
        """Revisions of one asset arrive in the order in which they were sent, a deletion too."""
        for revision in range(1, 50):
            sink.send(event("one", revision))
        sink.send(deleted("one", 50, source="/contract"))
        sink.receipts(wait=True)
        assert [one.data.revision for one in self.arrived(sink) if one.data.asset_id == "one"] == list(range(1, 51))

    def test_events_arrive_as_they_were_sent(self, sink: EventSink) -> None:
        """What is read at the other end equals what was sent."""
        sent = event("words", 3, title="Möwe 海鸥", tags=["sea", "gull"])
        sink.send(sent)
        sink.receipts(wait=True)
        assert sent in self.arrived(sink)

    def test_an_event_that_is_too_large_fails_alone(self, sink: EventSink) -> None:
        """One event that is not taken gets a receipt with a reason; the others arrive."""
        # What repeats is small once it is compressed; this does not.
        chance = random.Random(7)  # noqa: S311  noise, no secret

        def noise(length: int) -> str:
            return "".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(length))

        sink.send(event("before", 1))
        sink.send(
            event(
                "large", 1, caption=noise(190_000), description=noise(190_000), tags=[noise(7_000) for _ in range(30)]
            )
        )
        sink.send(event("after", 1))
        problems = {receipt.asset_id: receipt.problem for receipt in sink.receipts(wait=True)}
        assert problems["before"] is None
        assert problems["after"] is None
        assert problems["large"]

    def test_the_scope_names_the_topic(self, sink: EventSink) -> None:
        """Notes of one cluster and topic are kept apart from all others."""
        assert "/" in sink.scope
