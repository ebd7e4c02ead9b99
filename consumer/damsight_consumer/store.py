"""The last stage: compose, store, and publish the dead letters; then an event may count as done."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

import orjson

from damsight_consumer.alerting import Examined
from damsight_consumer.bounds import ByteQueue
from damsight_consumer.breaker import Breaker, Turn
from damsight_consumer.compose import compose
from damsight_consumer.ending import (
    AlreadyThere,
    Ended,
    Storable,
    Untakeable,
    Waiting,
    ended_letter,
    ended_storable,
    letter_of,
)
from damsight_consumer.errors import AbandonedError, DeadLettersUnavailableError, IndexUnavailableError
from damsight_consumer.patience import Patience
from damsight_consumer.places import place_of
from damsight_consumer.plan import version_of
from damsight_consumer.ports import Answer, DeadLetters, DocumentWriter, Retries, Verdict, Versioned
from damsight_consumer.records import DeadLetter, Lane, Postponed, Stage, Work
from damsight_consumer.telemetry import Telemetry
from damsight_schemas.asset import as_utc
from damsight_schemas.events import ChangedEvent
from damsight_schemas.version import epoch_of

MOST_DOCUMENTS = 1000
_IN_THE_INDEX = (Answer.STORED, Answer.ALREADY)


Pair = tuple[Storable, Versioned]


class Storing:
    """Stores in bulks; tries again for ever while Elasticsearch or the dead letters' topic is in trouble.

    Args:
        queue: Where events wait; several threads may run this over one queue.
        most_bytes: The largest bulk.
        most_of_backfill: Documents of the backfill lane in one bulk: what is live waits for one of these at most.
        writer: The index.
        dead_letters: For what could not be taken.
        retries: For what a later try may help.
        index: Tells when to try while the index is in trouble.
        letters: The same for Kafka.
        later_tries: Of what a later try may help.
        patience: For a service in trouble.
        telemetry: Is told of it.
        examine: Tells whoever waits for what the index holds now; see `damsight_consumer.alerting`.
        end: Takes what is done.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        queue: ByteQueue[Waiting],
        most_bytes: int,
        most_of_backfill: int,
        writer: DocumentWriter,
        dead_letters: DeadLetters,
        retries: Retries,
        index: Breaker,
        letters: Breaker,
        later_tries: int,
        patience: Patience,
        telemetry: Telemetry,
        examine: Callable[[Sequence[Examined]], None],
        end: Callable[[Ended], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._queue = queue
        self._most_bytes = most_bytes
        self._most_of_backfill = most_of_backfill
        self._writer = writer
        self._dead_letters = dead_letters
        self._retries = retries
        self._index = index
        self._letters = letters
        self._later_tries = later_tries
        self._patience = patience
        self._telemetry = telemetry
        self._examine = examine
        self._end = end
        self._drop = drop

    def run(self, lanes: Collection[Lane] = tuple(Lane)) -> None:
        """Store what comes on these lanes until the queue is closed and empty."""
        while batch := self._queue.take(MOST_DOCUMENTS, self._most_bytes, backfill=self._most_of_backfill, lanes=lanes):
            storables = [item for item in batch if isinstance(item, Storable)]
            letters = [item.letter for item in batch if isinstance(item, Untakeable)]
            self._store(storables)
            there = [item for item in batch if isinstance(item, AlreadyThere)]
            if self._is_told([Examined(item.work) for item in there]):
                for item in there:
                    self._end(item.ended)
            self._publish([(letter, ended_letter(letter)) for letter in letters])

    def _store(self, storables: Sequence[Storable]) -> None:
        now = as_utc(datetime.now(UTC))
        left = [(storable, _versioned(storable, now)) for storable in storables]
        self._tell_places(storables)
        try:
            for delay in self._patience.delays():
                with self._index.wait_turn(self._patience.wait) as turn:
                    left, answered = self._attempt(left, turn, delay)
                if not left:
                    return
                # Where nothing was answered, the next turn is what there is to wait for.
                if answered:
                    self._patience.wait(delay)
        except AbandonedError:
            for storable, _ in left:
                self._drop(storable.work)

    def _attempt(self, pairs: Sequence[Pair], turn: Turn, delay: float) -> tuple[list[Pair], bool]:
        """Try once; returns what must be tried again, and whether the index took anything at all."""
        if not pairs:
            return [], True
        self._telemetry.batch(Stage.WRITE, len(pairs))
        try:
            with self._telemetry.timed(Stage.WRITE):
                verdicts = self._writer.write([document for _, document in pairs])
        except IndexUnavailableError as error:
            self._telemetry.trouble(Stage.WRITE, error, turn.failed(), documents=len(pairs))
            return list(pairs), False
        answered = list(zip(pairs, verdicts, strict=True))
        later = [(pair, verdict) for pair, verdict in answered if verdict.answer is Answer.LATER]
        if later:
            wait_s = turn.failed() if len(later) == len(pairs) else delay
            self._telemetry.trouble(
                Stage.WRITE, IndexUnavailableError(later[0][1].message), wait_s, documents=len(later)
            )
        if len(later) < len(pairs):
            turn.worked()
        self._finish([(storable, verdict) for (storable, _), verdict in answered if verdict.answer is not Answer.LATER])
        return [pair for pair, _ in later], len(later) < len(pairs)

    def _finish(self, answered: Sequence[tuple[Storable, Verdict]]) -> None:
        taken = [_examined(storable, verdict) for storable, verdict in answered if verdict.answer in _IN_THE_INDEX]
        if not self._is_told(taken):
            answered = [(storable, verdict) for storable, verdict in answered if verdict.answer not in _IN_THE_INDEX]
        ends = [ended_storable(storable, verdict, self._later_tries) for storable, verdict in answered]
        for end in ends:
            if end.problem is None:
                self._end(end)
        self._postpone([(end.postponed, end) for end in ends if end.postponed is not None])
        left = [end for end in ends if end.postponed is None]
        self._publish([(letter_of(end, end.problem), end) for end in left if end.problem is not None])

    def _postpone(self, pairs: Sequence[tuple[Postponed, Ended]]) -> None:
        later = [postponed for postponed, _ in pairs]
        self._sure(lambda: self._retries.publish(later), [end for _, end in pairs])

    def _is_told(self, examined: Sequence[Examined]) -> bool:
        """Tell whoever waits for it; false where the events are given up because the consumer stops."""
        try:
            self._examine(examined)
        except AbandonedError:
            for one in examined:
                self._drop(one.work)
            return False
        return True

    def _tell_places(self, storables: Sequence[Storable]) -> None:
        for work in (storable.work for storable in storables):
            if isinstance(work.event, ChangedEvent):
                refused = place_of(work.event.data.metadata.attributes).refused
                if refused:
                    self._telemetry.note("a location was left out", asset_id=work.asset_id, problem=refused)

    def _publish(self, pairs: Sequence[tuple[DeadLetter, Ended]]) -> None:
        letters = [letter for letter, _ in pairs]
        self._sure(lambda: self._dead_letters.publish(letters), [end for _, end in pairs])

    def _sure(self, publish: Callable[[], None], ends: Sequence[Ended]) -> None:
        """Publish; an event counts as done only when that is acknowledged."""
        if not ends:
            return
        try:
            self._letters.until_done(
                publish,
                DeadLettersUnavailableError,
                lambda error, delay: self._telemetry.trouble(Stage.LETTER, error, delay, letters=len(ends)),
                self._patience.wait,
            )
        except AbandonedError:
            for end in ends:
                if end.work is not None:
                    self._drop(end.work)
            return
        for end in ends:
            self._end(end)


def _versioned(storable: Storable, now: str) -> Versioned:
    work = storable.work
    body = compose(work.event, storable.findings, indexed_at=now)
    version = work.version if storable.findings.problem is None else _partial(work)
    return Versioned(work.asset_id, version, orjson.dumps(body))


def _examined(storable: Storable, verdict: Verdict) -> Examined:
    return Examined(storable.work, storable.findings if verdict.answer is Answer.STORED else None)


def _partial(work: Work) -> int:
    return version_of(work.event, epoch=epoch_of(work.version), attempt=work.attempt)
