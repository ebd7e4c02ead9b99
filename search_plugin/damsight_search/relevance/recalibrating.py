"""Keeps the calibration up with the index, in a thread of its own: never inside a request, one replica at a time."""

import time
from collections.abc import Callable
from uuid import uuid4

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_search.errors import SearchError
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.repeating import Repeating

LOOK_EVERY_S = 60.0
FIRST_LOOK_S = 5.0
LEASE_S = 900.0
"""How long a replica may take before another does it again."""

LEASE = "calibration-lease"


class Recalibrating:
    """Calibrates where there is no calibration yet, or where the index grew by half since.

    Args:
        calibrator: Does it.
        records: For the lease.
        calibrated: Told when it was done.
        first_s: How long it waits before the first look.
        every_s: How long it waits between two looks.
        clock: Seconds since the epoch, as all replicas have them.
    """

    def __init__(
        self,
        calibrator: Calibrator,
        records: OwnRecords,
        *,
        calibrated: Callable[[], None] = lambda: None,
        first_s: float = FIRST_LOOK_S,
        every_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._calibrator = calibrator
        self._records = records
        self._calibrated = calibrated
        self._clock = clock
        self._me = uuid4().hex
        self._repeating = Repeating("recalibrating", self.look, first_s=first_s, every_s=every_s)

    def start(self) -> None:
        """Begin to look after it."""
        self._repeating.start()

    def stop(self) -> None:
        """End; a calibration that is under way is given up between two steps."""
        self._repeating.stop()

    def look(self) -> bool:
        """Calibrate if it is time to and no other replica does; tell whether it was done.

        Raises:
            SearchError: The index or a model does not answer, or it was stopped.
        """
        generation = self._calibrator.outgrown()
        if generation is None or not self._take(generation):
            return False
        try:
            self._calibrator.calibrate(on_progress=self._or_stopped)
        finally:
            self._records.delete(LEASE, generation)
        self._calibrated()
        return True

    def _or_stopped(self, _step: str, _done: int, _total: int) -> None:
        if self._repeating.is_stopping:
            raise SearchError("stopped while calibrating")

    def _take(self, generation: str) -> bool:
        lease = OwnRecord(LEASE, generation, body={"by": self._me, "until": self._clock() + LEASE_S})
        if self._records.create(lease):
            return True
        held = self._records.get(LEASE, generation)
        if held is None or held.body["until"] > self._clock():
            return False
        # Whoever held it has died. Should two replicas both get here, both calibrate: wasteful, never wrong.
        self._records.delete(LEASE, generation)
        return self._records.create(lease)
