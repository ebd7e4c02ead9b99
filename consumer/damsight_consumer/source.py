"""Events from Kafka: poll, commit, rebalance. The delivery rule itself is in offsets.py.

Traps of kafka-python 3.0.12 that shape this file: what cannot be read makes `poll` raise once and then spin for ever
unless the position is moved at once; rebalance listeners run in the client's own thread, where a blocking commit
raises; polls shorter than 50 ms never join a group; partitions that are assigned later arrive unpaused.
"""

import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import AuthorizationError, FencedInstanceIdError, IllegalStateError, KafkaError

from damsight_consumer.conversion import as_kafka, names, ours, record_of
from damsight_consumer.errors import FencedError, OffsetError, SourceError
from damsight_consumer.offsets import DeliveredOffsets
from damsight_consumer.poison import UNREADABLE, Prober
from damsight_consumer.rebalances import Rebalances
from damsight_consumer.records import Delivery, Partition, Receipt, Stage, Unreadable
from damsight_consumer.telemetry import Telemetry

POLL_MS = 100
POSITION_MS = 100
COMMIT_MS = 10_000
CLOSE_MS = 5_000
# Errors in a row for which no unreadable place is found; beyond that it is no poison, and trying again does not help.
MOST_UNEXPLAINED = 5


class KafkaSource:
    """One member of a consumer group; see `damsight_consumer.ports.EventSource`.

    Args:
        consumer: Made by `damsight_consumer.group.join`, not subscribed yet.
        topics: To subscribe to.
        prober: Finds unreadable places.
        telemetry: Is told of trouble.
    """

    def __init__(
        self, consumer: KafkaConsumer, topics: Collection[str], *, prober: Prober, telemetry: Telemetry
    ) -> None:
        self._consumer = consumer
        self._prober = prober
        self._telemetry = telemetry
        # The listener runs in the client's thread. Whoever holds the lock never calls the client, which would wait
        # for that thread.
        self._lock = threading.Lock()
        self._offsets = DeliveredOffsets()
        self._positions: dict[Partition, int] = {}
        self._held = False
        self._commit_sent: float | None = None
        self._unexplained = 0
        # A leader that knows no partitions assigns none, and where the metadata comes at just that moment
        # kafka-python 3.0.12 never assigns again: the group stands still without a word. So they are known first.
        for topic in topics:
            consumer.partitions_for_topic(topic)
        consumer.subscribe(list(topics), listener=Rebalances(self))

    def poll(self) -> list[Delivery]:
        """Return what came; see the port."""
        self._apply_hold()
        before = self._epochs()
        try:
            batches = self._consumer.poll(timeout_ms=POLL_MS)
        except FencedInstanceIdError as error:
            raise _fenced(error) from error
        except AuthorizationError as error:
            raise SourceError(
                f"Kafka refuses us: {error}. Check the rights of DAMSIGHT_KAFKA__SASL_USERNAME."
            ) from error
        except UNREADABLE as error:
            return self._isolate(error)
        except KafkaError as error:
            self._rewind()
            if not error.retriable:
                self._explained(found=False, error=error)
            self._telemetry.trouble(Stage.READ, error, 0.0)
            return []
        self._unexplained = 0
        return self._register(batches, before)

    def hold(self, *, paused: bool) -> None:
        """Pause or go on, from the next poll on."""
        self._held = paused

    def done(self, receipt: Receipt) -> None:
        """Note that a delivery is done."""
        with self._lock:
            self._offsets.complete(receipt)

    def commit(self, *, wait: bool = False) -> None:
        """Commit what may be committed; see the port."""
        # One at a time, so that none overtakes another; an answer that never comes does not stop commits for ever.
        if self._commit_sent is not None and not wait and time.monotonic() - self._commit_sent < COMMIT_MS / 1000:
            return
        self._note_positions(self._consumer.assignment())
        with self._lock:
            offsets = self._committable(self._offsets.assigned())
            epochs = {partition: self._offsets.epoch(partition) for partition in offsets}
        if not offsets:
            return
        try:
            if wait:
                self._consumer.commit(as_kafka(offsets), timeout_ms=COMMIT_MS)
                self._committed(offsets, epochs)
            else:
                self._commit_sent = time.monotonic()
                self._consumer.commit_async(
                    as_kafka(offsets), callback=lambda _, answer: self._answered(offsets, epochs, answer)
                )
        except FencedInstanceIdError as error:
            raise _fenced(error) from error
        except KafkaError as error:
            self._commit_sent = None
            self._telemetry.trouble(Stage.READ, error, 0.0)

    def has_partitions(self) -> bool:
        """Tell whether any partition is ours now."""
        with self._lock:
            return bool(self._offsets.assigned())

    def close(self) -> None:
        """Leave the group."""
        with suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """Begin the epoch of what is new; what was retained goes on. Called in the client's thread."""
        with self._lock:
            known = set(self._offsets.assigned())
            for partition in map(ours, partitions):
                if partition not in known:
                    self._offsets.assign(partition)
        self._telemetry.note("partitions assigned", partitions=names(partitions))

    def revoked(self, partitions: Collection[TopicPartition]) -> None:
        """Send a commit of what is done, and end the epoch without waiting. Called in the client's thread."""
        with self._lock:
            offsets = self._committable([ours(partition) for partition in partitions])
        self.lost(partitions)
        if offsets:
            self._consumer.commit_async(as_kafka(offsets))

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        """End the epoch and commit nothing: they are somebody else's already. Called in the client's thread."""
        with self._lock:
            for partition in map(ours, partitions):
                self._offsets.withdraw(partition)
                self._positions.pop(partition, None)
        self._telemetry.note("partitions given up", partitions=names(partitions))

    def _apply_hold(self) -> None:
        paused = self._consumer.paused()
        change = self._consumer.assignment() - paused if self._held else paused
        for partition in change:
            # It may be taken from us at this very moment.
            with suppress(KeyError):
                (self._consumer.pause if self._held else self._consumer.resume)(partition)

    def _epochs(self) -> dict[Partition, int | None]:
        with self._lock:
            return {partition: self._offsets.epoch(partition) for partition in self._offsets.assigned()}

    def _register(
        self, batches: Mapping[TopicPartition, list[ConsumerRecord]], before: Mapping[Partition, int | None]
    ) -> list[Delivery]:
        """Note what was delivered.

        Records that came together with a new assignment of their partition may still be of the old one, so they are
        read again.
        """
        positions = {ours(partition): self._position(partition) for partition in batches}
        delivered: list[Delivery] = []
        again: list[TopicPartition] = []
        with self._lock:
            for kafka_partition, records in batches.items():
                partition = ours(kafka_partition)
                epoch, position = self._offsets.epoch(partition), positions[partition]
                if epoch is None:
                    continue
                if position is None or before.get(partition) != epoch:
                    again.append(kafka_partition)
                    continue
                self._positions[partition] = position
                for record in records:
                    receipt = self._offsets.deliver(partition, record.offset)
                    if receipt is not None:
                        delivered.append(record_of(record, receipt))
        for kafka_partition in again:
            self._restart(kafka_partition)
        return delivered

    def _position(self, partition: TopicPartition) -> int | None:
        try:
            position: int | None = self._consumer.position(partition, timeout_ms=POSITION_MS)
        except (IllegalStateError, KafkaError, KeyError):
            return None
        return position

    def _note_positions(self, partitions: Collection[TopicPartition]) -> None:
        before = self._epochs()
        positions = {ours(partition): self._position(partition) for partition in partitions}
        with self._lock:
            for partition, position in positions.items():
                epoch = self._offsets.epoch(partition)
                if epoch is not None and epoch == before.get(partition) and position is not None:
                    self._positions[partition] = position

    def _committable(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        offsets = {}
        for partition in partitions:
            try:
                offset = self._offsets.committable(partition, self._positions.get(partition))
            except OffsetError as error:
                self._telemetry.unexpected(Stage.READ, error, partition=str(partition))
                continue
            if offset is not None:
                offsets[partition] = offset
        return offsets

    def _answered(
        self, offsets: Mapping[Partition, int], epochs: Mapping[Partition, int | None], answer: object
    ) -> None:
        self._commit_sent = None
        if isinstance(answer, FencedInstanceIdError):
            raise answer
        if isinstance(answer, Exception):
            # A member that was thrown out joins again by polling; what is not committed then comes again.
            self._telemetry.trouble(Stage.READ, answer, 0.0)
        else:
            self._committed(offsets, epochs)

    def _committed(self, offsets: Mapping[Partition, int], epochs: Mapping[Partition, int | None]) -> None:
        with self._lock:
            for partition, offset in offsets.items():
                self._offsets.committed(partition, offset, epochs[partition] or 0)

    def _rewind(self) -> None:
        """Read again from where the last good poll ended: a poll that raises may have moved on past what it took."""
        with self._lock:
            known = dict(self._positions)
        for kafka_partition in self._consumer.assignment():
            position = known.get(ours(kafka_partition))
            if position is not None:
                with suppress(ValueError):
                    self._consumer.seek(kafka_partition, position)

    def _restart(self, partition: TopicPartition) -> None:
        with suppress(ValueError, KafkaError):
            committed = self._consumer.committed(partition, timeout_ms=COMMIT_MS)
            if committed is None:
                self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, committed)

    def _isolate(self, error: Exception) -> list[Delivery]:
        """Find each unreadable place and step over it, leaving a pointer.

        Nothing polls the group's consumer meanwhile.
        """
        self._rewind()
        places: list[Delivery] = []
        for kafka_partition in self._consumer.assignment():
            position = self._position(kafka_partition)
            poison = self._prober.probe(kafka_partition, position) if position is not None else None
            if position is None or poison is None:
                continue
            with suppress(ValueError):
                self._consumer.seek(kafka_partition, position + 1)
            with self._lock:
                receipt = self._offsets.deliver(ours(kafka_partition), position)
                if receipt is not None:
                    self._positions[receipt.partition] = position + 1
                    places.append(Unreadable(receipt, poison.error, poison.message))
        self._explained(found=bool(places), error=error)
        return places

    def _explained(self, *, found: bool, error: Exception) -> None:
        self._unexplained = 0 if found else self._unexplained + 1
        if self._unexplained >= MOST_UNEXPLAINED:
            raise SourceError(f"reading from Kafka fails again and again: {type(error).__name__}: {error}") from error


def _fenced(error: Exception) -> FencedError:
    return FencedError(
        f"another member took this one's place in the group ({error}). Give each replica its own "
        f"DAMSIGHT_CONSUMER__INSTANCE_ID, or leave it unset."
    )
