"""Asks the index what it holds before anything is fetched: what is there already is neither read nor encoded again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from damsight_consumer.bounds import ByteQueue
from damsight_consumer.breaker import Breaker
from damsight_consumer.compare import can_reuse, is_already_stored, reused
from damsight_consumer.ending import Ended
from damsight_consumer.errors import AbandonedError, IndexUnavailableError
from damsight_consumer.patience import Patience
from damsight_consumer.plan import Plan
from damsight_consumer.ports import Stored, StoredAssets
from damsight_consumer.records import Outcome, Stage, Work
from damsight_consumer.telemetry import Telemetry
from damsight_schemas.version import epoch_of

MOST = 256
MOST_OF_BACKFILL = 64
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Comparable:
    """An event and the steps that it would take if the index held nothing."""

    work: Work
    steps: Plan

    @property
    def size(self) -> int:
        """In bytes, near enough."""
        return self.work.record.size + 512


class Comparing:
    """Looks assets up in batches; what the index holds already ends here, the rest goes on with what can be reused.

    Args:
        queue: Where events wait.
        stored: Tells what the index holds.
        index: Tells when to ask while the index is in trouble.
        patience: Waits for it.
        telemetry: Is told of it.
        forward: Takes what is left to do; it does not wait.
        end: Takes what is done.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        queue: ByteQueue[Comparable],
        stored: StoredAssets,
        index: Breaker,
        patience: Patience,
        telemetry: Telemetry,
        forward: Callable[[Work, Plan], None],
        end: Callable[[Ended], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._queue = queue
        self._stored = stored
        self._index = index
        self._patience = patience
        self._telemetry = telemetry
        self._forward = forward
        self._end = end
        self._drop = drop

    def run(self) -> None:
        """Compare until the queue is closed and empty."""
        while batch := self._queue.take(MOST, MOST_BYTES, backfill=MOST_OF_BACKFILL):
            self._telemetry.batch(Stage.COMPARE, len(batch))
            try:
                with self._telemetry.timed(Stage.COMPARE):
                    found = self._found(batch)
            except AbandonedError:
                for item in batch:
                    self._drop(item.work)
                continue
            for item in batch:
                self._go_on(item, found.get(item.work.asset_id))

    def _found(self, batch: Sequence[Comparable]) -> dict[str, Stored]:
        found = self._looked_up([item.work.asset_id for item in batch], vectors=False)
        useful = [
            item.work.asset_id
            for item in batch
            if not is_already_stored(item.work, stored := found.get(item.work.asset_id))
            and can_reuse(item.steps, stored, epoch=epoch_of(item.work.version))
        ]
        return found | self._looked_up(useful, vectors=True)

    def _looked_up(self, asset_ids: list[str], *, vectors: bool) -> dict[str, Stored]:
        if not asset_ids:
            return {}
        return self._index.until_done(
            lambda: self._stored.look_up(asset_ids, vectors=vectors),
            IndexUnavailableError,
            lambda error, delay: self._telemetry.trouble(Stage.COMPARE, error, delay, assets=len(asset_ids)),
            self._patience.wait,
        )

    def _go_on(self, item: Comparable, stored: Stored | None) -> None:
        work = item.work
        if is_already_stored(work, stored):
            self._end(Ended(work.record, Outcome.ALREADY, Stage.COMPARE, work, stored=True))
        else:
            self._forward(work, reused(item.steps, stored, epoch=epoch_of(work.version)))
