"""The calibration of the live generation, at hand for each search and read anew beside the searches."""

import logging
import time
from collections.abc import Callable
from threading import Lock, Thread

from damsight_index.own_records import OwnRecords
from damsight_search.errors import SearchError
from damsight_search.ports import SearchIndex
from damsight_search.relevance.calibration import Calibration
from damsight_search.relevance.calibration_records import KIND, MARK, from_record
from damsight_search.relevance.calibration_sampling import counting_body

FRESH_S = 30.0
_log = logging.getLogger(__name__)


class Calibrations:
    """Holds what is kept for the live generation. Safe to call from many threads.

    The first search reads it; from then on it is read again at most every half minute, in a thread beside the
    searches, so none of them waits for it. An index without one is searched by ranks.

    Args:
        index: Tells which generation is live.
        records: Where calibrations are kept.
        timeout: As Elasticsearch writes it.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        index: SearchIndex,
        records: OwnRecords,
        *,
        timeout: str = "5s",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index = index
        self._records = records
        self._timeout = timeout
        self._clock = clock
        self._held: Calibration | None = None
        self._read_at: float | None = None
        self._reading = Lock()

    def now(self) -> Calibration | None:
        """Return the calibration to search by; none where there is none yet."""
        if self._read_at is None:
            self._read_first()
        elif self._clock() - self._read_at > FRESH_S:
            self._read_at = self._clock()
            Thread(target=self.read, name="reading-calibration", daemon=True).start()
        return self._held

    def read(self) -> None:
        """Read it, unless another thread is at it; what is held stays where it cannot be read."""
        if not self._reading.acquire(blocking=False):
            return
        try:
            self._read()
        finally:
            self._reading.release()

    def _read_first(self) -> None:
        # Searches that come at once wait for the first reading, or they would be fused in another way than the next.
        with self._reading:
            if self._read_at is None:
                self._read()

    def _read(self) -> None:
        try:
            self._held = self._kept()
        except SearchError as error:
            _log.info("the calibration could not be read, what was read before stays: %s", error)
        finally:
            self._read_at = self._clock()

    def _kept(self) -> Calibration | None:
        generation = self._index.search(counting_body(timeout=self._timeout)).generation
        mark = self._records.get(MARK, generation) if generation else None
        if mark is None:
            return None
        held, spaces = self._held, self._index.spaces()
        if held is not None and (held.generation, held.taken_at) == (generation, mark.body["taken_at"]):
            return held
        record = self._records.get(KIND, generation)
        return from_record(record, spaces) if record else None
