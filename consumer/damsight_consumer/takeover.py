"""What is done with a partition that was assigned to us, before anything of it is delivered."""

import time
from collections.abc import Mapping

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import AuthorizationError, FencedInstanceIdError, KafkaError
from kafka.structs import OffsetAndMetadata

from damsight_consumer.conversion import as_kafka, theirs
from damsight_consumer.crash_marks import CrashMark, parse_mark
from damsight_consumer.ledger import Commit, Ledger
from damsight_consumer.records import Partition, Stage
from damsight_consumer.retention import RetentionWatch
from damsight_consumer.telemetry import Telemetry

# Each call to the broker; the poll thread waits for it, and only where partitions are new.
ASK_MS = 3_000
AGAIN_S = 0.5

Asked = dict[TopicPartition, OffsetAndMetadata | None]


class Takeover:
    """Opens what is new: reads what the last owner left, marks it as ours at the broker, and goes to where to begin.

    The mark is acknowledged before the first record is delivered; otherwise an event that ends the process at once
    would never be counted.

    Args:
        consumer: The group's member.
        ledger: Keeps what is ours.
        retention: Is told where to begin, and where the log begins.
        telemetry: Is told of crashes and of trouble.
        events: Most events that are delivered and not done.
    """

    def __init__(
        self,
        consumer: KafkaConsumer,
        ledger: Ledger,
        *,
        retention: RetentionWatch,
        telemetry: Telemetry,
        events: int,
    ) -> None:
        self._consumer = consumer
        self._ledger = ledger
        self._retention = retention
        self._telemetry = telemetry
        self._events = events
        self._not_before = 0.0

    def run(self) -> None:
        """Open what is not open yet; what cannot be opened now is tried again at a later call.

        Raises:
            FencedInstanceIdError: Another member took our place.
            AuthorizationError: We are refused.
        """
        new = self._ledger.unopened()
        if not new or time.monotonic() < self._not_before:
            return
        try:
            self._open(new)
        except (FencedInstanceIdError, AuthorizationError):
            raise
        except KafkaError as error:
            # A rebalance in between, or a broker that does not answer; the next poll takes part in the first.
            self._not_before = time.monotonic() + AGAIN_S
            self._telemetry.trouble(Stage.READ, error, AGAIN_S, partitions=sorted(map(str, new)))

    def _open(self, new: Mapping[Partition, tuple[int, bool]]) -> None:
        partitions = [theirs(partition) for partition in new]
        beginnings = self._consumer.beginning_offsets(partitions, timeout_ms=ASK_MS)
        asked = {
            theirs(partition): None if anew else self._committed(theirs(partition))
            for partition, (_, anew) in new.items()
        }
        ends = self._ends(asked)
        commits = []
        for partition, (epoch, _) in new.items():
            name = theirs(partition)
            commits.append(self._first(partition, epoch, asked[name], beginnings[name], ends.get(name)))
        self._consumer.commit(as_kafka(commits), timeout_ms=ASK_MS)
        for commit in commits:
            self._ledger.opened(commit)
            self._consumer.seek(theirs(commit.partition), commit.offset)

    def _committed(self, partition: TopicPartition) -> OffsetAndMetadata | None:
        return self._consumer.committed(partition, metadata=True, timeout_ms=ASK_MS)

    def _ends(self, asked: Asked) -> dict[TopicPartition, int]:
        left_open = [name for name, found in asked.items() if found is not None and parse_mark(found.metadata).open]
        return self._consumer.end_offsets(left_open, timeout_ms=ASK_MS) if left_open else {}

    def _first(
        self, partition: Partition, epoch: int, found: OffsetAndMetadata | None, beginning: int, end: int | None
    ) -> Commit:
        """Return the commit that opens a partition: at what was committed, or where the log begins now."""
        if found is None:
            start, mark = beginning, CrashMark()
        else:
            self._retention.compare(partition, found.offset, beginning)
            start, left = max(found.offset, beginning), parse_mark(found.metadata)
            mark = left.taken_over(committed=start, end=start if end is None else end)
            if mark.crashes > left.crashes:
                self._tell(partition, mark)
        return Commit(partition, epoch, start, mark.at(start, position=start, events=self._events))

    def _tell(self, partition: Partition, mark: CrashMark) -> None:
        self._telemetry.note(
            "the last owner of a partition ended without a word",
            partition=str(partition),
            crashes_in_a_row=mark.crashes,
            until_offset=mark.until,
        )
