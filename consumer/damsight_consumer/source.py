"""Events from Kafka: poll, deliver, commit. The delivery rule itself is in offsets.py.

Traps of kafka-python 3.0.12 that shape this file: what cannot be read makes `poll` raise once and then spin for ever
unless the position is moved at once; rebalance listeners run in the client's own thread, where a blocking commit
raises; polls shorter than 50 ms never join a group; partitions that are assigned later arrive unpaused; a fenced
member polls on in silence.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import (
    AuthorizationError,
    CommitFailedError,
    FencedInstanceIdError,
    KafkaError,
    RebalanceInProgressError,
)

from damsight_consumer.broken import UNREADABLE, Broken
from damsight_consumer.client_state import finish_join, io_thread_lives, mend_joins, was_fenced
from damsight_consumer.conversion import as_kafka, delivery_of, ours, theirs
from damsight_consumer.errors import FencedError, SourceError
from damsight_consumer.ledger import Commit, Ledger
from damsight_consumer.poison import Prober
from damsight_consumer.postponing import due_of
from damsight_consumer.progress import Progress
from damsight_consumer.rebalances import Rebalances
from damsight_consumer.records import Delivery, Lane, Receipt, Stage
from damsight_consumer.retention import RetentionWatch
from damsight_consumer.takeover import Takeover
from damsight_consumer.telemetry import Telemetry

POLL_MS = 100
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
        lane: Which way its events come; the retry lane's are not delivered before they are due.
        events: Most events that are delivered and not done; it bounds what a crash may have been due to.
    """

    def __init__(
        self,
        consumer: KafkaConsumer,
        topics: Collection[str],
        *,
        prober: Prober,
        telemetry: Telemetry,
        lane: Lane = Lane.LIVE,
        events: int = 2000,
    ) -> None:
        self._consumer = consumer
        self._prober = prober
        self._telemetry = telemetry
        self._lane = lane
        self._ledger = Ledger(events)
        retention = RetentionWatch(telemetry)
        self._progress = Progress(consumer, self._ledger, retention=retention, telemetry=telemetry)
        self._takeover = Takeover(
            consumer, self._ledger, retention=retention, telemetry=telemetry, events=events
        )  # fmt: skip
        self._held = False
        self._commit_sent: float | None = None
        self._unexplained = 0
        mend_joins(consumer)
        consumer.subscribe(
            list(topics), listener=Rebalances(consumer, self._ledger, telemetry=telemetry, lane=lane)
        )  # fmt: skip
        # A leader that knows no partitions assigns none, and where the metadata comes at just that moment
        # kafka-python 3.0.12 never assigns again: the group stands still without a word. So they are known first, and
        # after subscribing, since otherwise it takes them for a change, and everybody joins twice.
        consumer.topics()

    def poll(self) -> list[Delivery]:
        """Return what came; see the port."""
        self._require_place()
        try:
            self._takeover.run()
            self._progress.look_for_losses()
            self._apply_pauses()
            batches = self._consumer.poll(timeout_ms=POLL_MS)
        except FencedInstanceIdError as error:
            raise _fenced(str(error)) from error
        except AuthorizationError as error:
            raise SourceError(
                f"Kafka refuses us: {error}. Check the rights of DAMSIGHT_KAFKA__SASL_USERNAME."
            ) from error
        except (KafkaError, *UNREADABLE) as error:
            return self._recover(error)
        self._unexplained = 0
        return [delivery for name, records in batches.items() for delivery in self._register(name, records)]

    def is_alive(self) -> bool:
        """Tell whether the Kafka client's own thread runs; any thread may ask."""
        return io_thread_lives(self._consumer)

    def hold(self, *, paused: bool) -> None:
        """Pause or go on, from the next poll on."""
        self._held = paused

    def done(self, receipt: Receipt) -> None:
        """Note that a delivery is done."""
        self._ledger.complete(receipt)

    def commit(self, *, wait: bool = False) -> None:
        """Commit what may be committed; see the port."""
        # One at a time, so that none overtakes another; an answer that never comes does not stop commits for ever.
        if self._commit_sent is not None and not wait and time.monotonic() - self._commit_sent < COMMIT_MS / 1000:
            return
        try:
            if wait:
                self._ledger.acknowledged(self._settle(self._committable, COMMIT_MS))
            elif commits := self._committable():
                self._commit_sent = time.monotonic()
                self._consumer.commit_async(
                    as_kafka(commits), callback=lambda _, answer: self._answered(commits, answer)
                )
        except FencedInstanceIdError as error:
            raise _fenced(str(error)) from error
        except KafkaError as error:
            self._commit_sent = None
            self._telemetry.trouble(Stage.READ, error, 0.0)

    def has_partitions(self) -> bool:
        """Tell whether any partition is ours now."""
        return bool(self._ledger.assigned())

    def close(self) -> None:
        """Leave the group, and say at the broker that nobody is at work on what was ours."""
        if not self.is_alive():
            return
        try:
            # Before the client leaves: a static member does not take leave, so its listener's commit may never be sent.
            if not was_fenced(self._consumer):
                self._settle(self._ledger.farewell, CLOSE_MS)
        except KafkaError as error:
            self._telemetry.trouble(Stage.READ, error, 0.0)
        self._ledger.withdraw(self._ledger.assigned())
        with suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    def _require_place(self) -> None:
        if not self.is_alive():
            raise SourceError("the Kafka client's own thread has died; see the log above. Start the consumer again.")
        if was_fenced(self._consumer):
            raise _fenced("its heartbeats are refused")
        finish_join(self._consumer)

    def _apply_pauses(self) -> None:
        ours_now = self._consumer.assignment()
        shut = ours_now if self._held else {theirs(name) for name in self._ledger.closed_to(_now_ms())} & ours_now
        paused = self._consumer.paused()
        self._consumer.pause(*(shut - paused))
        self._consumer.resume(*(paused - shut))

    def _register(
        self, name: TopicPartition, found: Sequence[ConsumerRecord | Broken], position: int | None = None
    ) -> list[Delivery]:
        """Note as delivered what came of a partition, as far as it is due.

        Args:
            name: Which partition.
            found: In the order of its offsets.
            position: Where to read on, where it is not where the client stands.
        """
        partition = ours(name)
        before = self._ledger.positions().get(partition)
        if before is None:
            # Not opened: opening it goes to where to begin.
            return []
        if found and not self._progress.goes_on(partition, before, found[0].offset):
            return []
        stands = self._progress.position(name)
        following = stands if position is None else position
        ready, due_ms = self._due(found)
        if following is None:
            # Read again what the client cannot tell the end of.
            ready, following, due_ms = [], before, 0
        elif len(ready) < len(found):
            following = found[len(ready)].offset
        if following != stands:
            self._consumer.seek(name, following)
        delivered = self._ledger.deliver(partition, [each.offset for each in ready], following, due_ms=due_ms)
        return [delivery_of(each, noted, self._lane) for each, noted in zip(ready, delivered, strict=True)]

    def _due(self, found: Sequence[ConsumerRecord | Broken]) -> tuple[Sequence[ConsumerRecord | Broken], int]:
        """Return what may be delivered now, and when the first may that may not."""
        now = _now_ms()
        for place, each in enumerate(found if self._lane is Lane.RETRY else ()):
            due_ms = 0 if isinstance(each, Broken) else due_of(each.headers, now_ms=now)
            if due_ms > now:
                return found[:place], due_ms
        return found, 0

    def _committable(self) -> list[Commit]:
        self._progress.follow()
        commits, faults = self._ledger.commits()
        for fault in faults:
            self._telemetry.unexpected(Stage.READ, fault)
        return commits

    def _settle(self, commits: Callable[[], list[Commit]], within_ms: int) -> list[Commit]:
        """Commit, and return what the broker acknowledged; a rebalance that is in the way is brought to its end."""
        deadline = time.monotonic() + within_ms / 1000
        while todo := commits():
            try:
                self._consumer.commit(as_kafka(todo), timeout_ms=within_ms)
            except (RebalanceInProgressError, CommitFailedError):
                if time.monotonic() > deadline:
                    raise
                # Nothing may come meanwhile, since nobody would take it.
                self._consumer.pause(*self._consumer.assignment())
                finish_join(self._consumer)
                self._consumer.poll(timeout_ms=POLL_MS)
            else:
                return todo
        return []

    def _answered(self, commits: list[Commit], answer: object) -> None:
        self._commit_sent = None
        if isinstance(answer, FencedInstanceIdError):
            raise answer
        if isinstance(answer, Exception):
            # A member that was thrown out joins again by polling; what is not committed then comes again.
            self._telemetry.trouble(Stage.READ, answer, 0.0)
        else:
            self._ledger.acknowledged(commits)

    def _recover(self, error: Exception) -> list[Delivery]:
        """Go on after a poll that failed: read again, and step over what cannot be read."""
        positions = {theirs(name): position for name, position in self._ledger.positions().items()}
        # A poll that raises may have moved on past what it took.
        for name in positions.keys() & self._consumer.assignment():
            self._consumer.seek(name, positions[name])
        if isinstance(error, KafkaError) and error.retriable:
            self._telemetry.trouble(Stage.READ, error, 0.0)
            return []
        return self._isolate(error, positions)

    def _isolate(self, error: Exception, positions: Mapping[TopicPartition, int]) -> list[Delivery]:
        """Find each unreadable place and step over it, leaving a pointer. Nothing polls the member meanwhile."""
        try:
            salvaged = self._prober.probe(positions) if positions else {}
        except KafkaError as trouble:
            self._telemetry.trouble(Stage.READ, trouble, 0.0)
            return []
        self._unexplained = 0 if salvaged else self._unexplained + 1
        if self._unexplained >= MOST_UNEXPLAINED:
            raise SourceError(f"reading from Kafka fails again and again: {type(error).__name__}: {error}") from error
        if not salvaged:
            self._telemetry.trouble(Stage.READ, error, 0.0)
        return [
            delivery for name, got in salvaged.items() for delivery in self._register(name, got.found, got.position)
        ]


def _now_ms() -> int:
    return int(time.time() * 1000)


def _fenced(why: str) -> FencedError:
    return FencedError(
        f"another member took this one's place in the group ({why}). Give each replica its own "
        f"DAMSIGHT_CONSUMER__INSTANCE_ID, or leave it unset."
    )
