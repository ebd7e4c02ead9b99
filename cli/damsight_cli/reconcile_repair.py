"""Sends the repairs to Kafka, and waits for them: the consumer's findings, the publisher's sink."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from damsight_consumer.errors import SourceError

if TYPE_CHECKING:
    from damsight_cli.reconcile_progress import OnProgress
    from damsight_consumer.reconcile.comparison import Report
    from damsight_consumer.reconcile.run import Reconciliation
    from damsight_consumer.reconcile.waiting import Ending
    from damsight_consumer.settings import ConsumerSettings
    from damsight_publisher.kafka_sink import KafkaSink
    from damsight_schemas.events import AssetEvent


@dataclass(slots=True)
class Repaired:
    """What was sent and how it ended.

    Attributes:
        topic: To which it was sent.
        sent: Events that Kafka acknowledged.
        refused: What Kafka did not take: the asset and why.
        endings: How they ended; none where nobody waited.
    """

    topic: str
    sent: int = 0
    refused: list[str] = field(default_factory=list)
    endings: "Counter[Ending] | None" = None

    @property
    def mended(self) -> int:
        """Assets that agree now."""
        from damsight_consumer.reconcile.waiting import Ending

        return self.endings[Ending.MENDED] if self.endings else 0


def repaired(
    run: "Reconciliation",
    report: "Report",
    settings: "ConsumerSettings",
    *,
    live: bool,
    still_s: float | None,
    on_progress: "OnProgress",
) -> Repaired:
    """Send the repairs, and wait for them.

    Args:
        run: With the findings.
        report: Of it.
        settings: Of the consumer.
        live: To the live topic, not to the backfill one.
        still_s: How long nothing may move; None does not wait at all.
        on_progress: Is told how far it is.

    Raises:
        ConsumerError: The list is not one to delete by, or Kafka or the index does not answer.
    """
    from damsight_publisher.errors import BrokerError
    from damsight_publisher.kafka_sink import KafkaSink, prepare_topic

    group = settings.consumer
    topic = group.topic if live else group.backfill_topic
    events = run.events(report)
    done = Repaired(topic)
    try:
        cluster = prepare_topic(
            settings.kafka,
            topic,
            create=group.create_topics,
            partitions=group.partitions,
            replication=group.replication,
        )
        sink = KafkaSink(settings.kafka, topic, cluster)
        try:
            _Sending(run, sink, done, on_progress).run(events)
        finally:
            sink.close()
    except BrokerError as error:
        raise SourceError(f"{error} {done.sent:,} repairs were sent before.") from error
    if still_s is not None and done.sent:
        done.endings = run.wait(still_s=still_s)
    return done


class _Sending:
    """One way through all repairs."""

    def __init__(self, run: "Reconciliation", sink: "KafkaSink", done: Repaired, on_progress: "OnProgress") -> None:
        self._run, self._sink, self._done, self._on_progress = run, sink, done, on_progress
        self._under_way: dict[tuple[str, int], AssetEvent] = {}

    def run(self, events: "Iterator[AssetEvent]") -> None:
        for event in events:
            self._under_way[event.data.asset_id, event.data.revision] = event
            self._sink.send(event)
            self._take(wait=False)
        self._take(wait=True)

    def _take(self, *, wait: bool) -> None:
        for receipt in self._sink.receipts(wait=wait):
            event = self._under_way.pop((receipt.asset_id, receipt.revision))
            if receipt.problem is not None:
                self._done.refused.append(f"{receipt.asset_id}: {receipt.problem}")
                continue
            self._run.sent(event)
            self._done.sent += 1
            self._on_progress("sending", self._done.sent, 0)
