"""How far the Kafka client has come in each partition, and where it went on otherwise than expected."""

from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import IllegalStateError, KafkaError

from damsight_consumer.conversion import ours, theirs
from damsight_consumer.ledger import Ledger
from damsight_consumer.records import Partition, Stage
from damsight_consumer.retention import RetentionWatch
from damsight_consumer.telemetry import Telemetry

POSITION_MS = 100
ASK_MS = 3_000


class Progress:
    """Follows the client's positions. The poll thread alone calls it.

    Args:
        consumer: The group's member.
        ledger: Keeps what is ours.
        retention: Is told of what was left out.
        telemetry: Is told of trouble.
    """

    def __init__(
        self, consumer: KafkaConsumer, ledger: Ledger, *, retention: RetentionWatch, telemetry: Telemetry
    ) -> None:
        self._consumer = consumer
        self._ledger = ledger
        self._retention = retention
        self._telemetry = telemetry

    def position(self, partition: TopicPartition) -> int | None:
        """Return the next offset that the client will deliver; none where it does not know."""
        try:
            position: int | None = self._consumer.position(partition, timeout_ms=POSITION_MS)
        except (IllegalStateError, KafkaError, KeyError):
            return None
        return position

    def goes_on(self, partition: Partition, expected: int, came: int) -> bool:
        """Tell whether the client went on where expected or beyond; where it went back, all is read again.

        Args:
            partition: Which one.
            expected: The offset that was to be next.
            came: The one that is.
        """
        if came > expected:
            self._retention.jumped(partition, expected, came)
        elif came < expected:
            # A topic that was deleted and made anew looks like one that lost its last records, and the client goes on
            # where it believes that the two are the same: whatever is new before that would never be read.
            words = "a log was cut off or made anew; it is read again from its beginning"
            self._telemetry.note(words, partition=str(partition), expected=expected, goes_on_at=came)
            self._ledger.begin_anew(partition)
        return came >= expected

    def follow(self) -> None:
        """Note all positions: markers of transactions move them, and so does what the broker deleted."""
        for partition, expected in self._ledger.positions().items():
            position = self.position(theirs(partition))
            if position is not None and self.goes_on(partition, expected, position):
                self._ledger.moved(partition, position)

    def look_for_losses(self) -> None:
        """Find out, where records were left out, whether the broker deleted them."""
        partitions: Sequence[Partition] = self._retention.due()
        if not partitions:
            return
        try:
            beginnings = self._consumer.beginning_offsets(list(map(theirs, partitions)), timeout_ms=ASK_MS)
        except KafkaError as error:
            self._telemetry.trouble(Stage.READ, error, 0.0)
            return
        self._retention.check({ours(name): offset for name, offset in beginnings.items()})
