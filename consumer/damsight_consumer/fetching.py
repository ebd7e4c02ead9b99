"""Fetch: from a media's address to its bytes. A pool of threads for each lane, so that a slow one holds up none."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass

from damsight_consumer.bounds import ByteBudget, Reservation
from damsight_consumer.errors import (
    AbandonedError,
    MediaAccessError,
    MediaMissingError,
    StorageUnavailableError,
)
from damsight_consumer.patience import Patience
from damsight_consumer.plan import Plan
from damsight_consumer.ports import Fetcher
from damsight_consumer.precedence import LONGEST_WAY_S
from damsight_consumer.records import Lane, Stage, Work
from damsight_consumer.telemetry import Telemetry
from damsight_schemas.asset import Media


@dataclass(frozen=True, slots=True)
class Fetched:
    """An asset's bytes, and the share of memory that is held for them until somebody gives it back."""

    work: Work
    steps: Plan
    data: bytes
    reservation: Reservation


@dataclass(frozen=True)
class FetchLimits:
    """How much at once, and how patiently.

    Attributes:
        threads: Assets of one lane that are fetched at the same time.
        held_bytes: Bytes that are read and not decoded yet, over all assets of one lane.
        missing_waits_s: The waits before each further look for what is not there.
    """

    threads: int = 16
    held_bytes: int = 256 * 1024 * 1024
    missing_waits_s: tuple[float, ...] = (0.2, 0.5, 1.0)


class Fetching:
    """Reads each asset's bytes; an asset goes on with them, or with the reason why there are none.

    Args:
        fetcher: Reads bytes.
        lanes: Those that there will be work of.
        patience: For a storage in trouble.
        limits: How much at once.
        give_way: Waits while something of a more urgent lane is under way, at most so many seconds.
        telemetry: Is told of it.
        forward: Takes what was read.
        fail: Takes what could not be read, with the steps as far as they are known and the error.
        drop: Takes what is given up because the consumer stops.
    """

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        lanes: tuple[Lane, ...],
        patience: Patience,
        limits: FetchLimits,
        give_way: Callable[[Lane, float], None],
        telemetry: Telemetry,
        forward: Callable[[Fetched], None],
        fail: Callable[[Work, Plan, Stage, BaseException], None],
        drop: Callable[[Work], None],
    ) -> None:
        self._fetcher = fetcher
        self._patience = patience
        self._limits = limits
        self._give_way = give_way
        self._telemetry = telemetry
        self._forward = forward
        self._fail = fail
        self._drop = drop
        self._budgets = {lane: ByteBudget(limits.held_bytes) for lane in lanes}
        self._pools = {
            lane: ThreadPoolExecutor(limits.threads, thread_name_prefix=f"fetch-{lane.value}") for lane in lanes
        }
        self._stopping = threading.Event()

    def submit(self, work: Work, media: Media, steps: Plan) -> None:
        """Begin with an asset; never blocks."""
        reservation = self._budgets[work.lane].reservation()
        future = self._pools[work.lane].submit(self._fetch, work, media, reservation)
        future.add_done_callback(lambda done: self._fetched(work, steps, reservation, done))

    def stop(self) -> None:
        """Begin no further asset; those that were begun go on."""
        self._stopping.set()

    def close(self) -> None:
        """Wait for the threads; the patience must have been told to give up."""
        for budget in self._budgets.values():
            budget.close()
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def _fetch(self, work: Work, media: Media, reservation: Reservation) -> tuple[bytes, str]:
        if self._stopping.is_set():
            raise AbandonedError
        self._give_way(work.lane, LONGEST_WAY_S)
        with self._telemetry.timed(Stage.FETCH):
            data = self._until_there(work, media, reservation)
            return data, hashlib.sha256(data).hexdigest()

    def _until_there(self, work: Work, media: Media, reservation: Reservation) -> bytes:
        waits = iter(self._limits.missing_waits_s)
        while True:
            try:
                return self._patience.until_done(
                    lambda: self._read(media, reservation),
                    StorageUnavailableError,
                    lambda error, delay: self._telemetry.trouble(Stage.FETCH, error, delay, asset_id=work.asset_id),
                )
            except MediaMissingError:
                # A later try has waited long enough before it began.
                wait = next(waits, None) if work.attempt == 0 else None
                if wait is None:
                    raise
                self._patience.wait(wait)

    def _read(self, media: Media, reservation: Reservation) -> bytes:
        reservation.give_back()
        try:
            return self._fetcher.fetch(media, reservation.take)
        except MediaAccessError:
            # Nothing is held while an asset waits for its next try.
            reservation.give_back()
            raise

    def _fetched(self, work: Work, steps: Plan, reservation: Reservation, done: Future[tuple[bytes, str]]) -> None:
        error = CancelledError() if done.cancelled() else done.exception()
        if error is None:
            data, sha256 = done.result()
            known = steps.findings._replace(sha256=sha256, byte_size=len(data))
            self._forward(Fetched(work, steps._replace(findings=known), data, reservation))
            return
        reservation.give_back()
        if isinstance(error, AbandonedError | CancelledError):
            self._drop(work)
        else:
            self._fail(work, steps, Stage.FETCH, error)
