"""What happens when partitions are given to us and taken from us. It is called in the Kafka client's own thread."""

from collections.abc import Collection

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from damsight_consumer.conversion import as_kafka, names, ours
from damsight_consumer.ledger import Ledger
from damsight_consumer.records import Lane, Stage
from damsight_consumer.telemetry import Telemetry


class Rebalances(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python ships no types
    """The listener that kafka-python takes. Nothing here may wait: heartbeats stand still meanwhile.

    What was retained goes on as it was: it is in no call.

    Args:
        consumer: Whose partitions change.
        ledger: Keeps what is ours.
        telemetry: Is told.
        lane: Named in what is told.
    """

    def __init__(self, consumer: KafkaConsumer, ledger: Ledger, *, telemetry: Telemetry, lane: Lane) -> None:
        self._consumer = consumer
        self._ledger = ledger
        self._telemetry = telemetry
        self._lane = lane

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Begin the epoch of what is new; nothing of it comes before it was opened."""
        self._ledger.assign(map(ours, assigned))
        # They arrive unpaused, and the poll that is under way would bring their records already.
        self._consumer.pause(*assigned)
        self._telemetry.note("partitions assigned", partitions=names(assigned), lane=self._lane.value)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Send a commit of what is done, and end the epoch without waiting; also called when the consumer closes."""
        commits = self._ledger.withdraw([ours(partition) for partition in revoked])
        self._telemetry.note("partitions given up", partitions=names(revoked), lane=self._lane.value)
        if not commits:
            return
        try:
            self._consumer.commit_async(as_kafka(commits))
        except KafkaError as error:
            # Raised here it would come out of poll as another error; what is not committed comes again.
            self._telemetry.trouble(Stage.READ, error, 0.0)

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        """End the epoch and commit nothing: the group threw us out, and they are somebody else's already."""
        self._ledger.withdraw([ours(partition) for partition in lost])
        self._telemetry.note("partitions lost", partitions=names(lost), lane=self._lane.value)
