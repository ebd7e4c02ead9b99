"""The consumer: its lanes side by side over the same stages, until one is told to stop or fails."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack

from damsight_consumer.lane import LaneLoop
from damsight_consumer.records import Outcome
from damsight_consumer.stages import Stages
from damsight_consumer.telemetry import Telemetry

# In seconds: how soon a signal is heard at the latest.
WAKE_S = 0.2


class Consumer:
    """Turns events into documents until it is told to stop.

    Args:
        lanes: Each with a source of its own.
        stages: Fetch, decode, encode, store; the lanes share them.
        telemetry: Is told of everything.
        resources: Closed when the consumer ends, whatever ended it; the sources are among them.
    """

    def __init__(
        self, *, lanes: Sequence[LaneLoop], stages: Stages, telemetry: Telemetry, resources: ExitStack
    ) -> None:
        self._lanes = lanes
        self._stages = stages
        self._telemetry = telemetry
        self._resources = resources
        self._stopped = threading.Event()

    def run(self) -> None:
        """Consume until `stop` is called; then finish what is under way, commit, and close.

        Raises:
            ConsumerError: Something that trying again does not help; nothing that was not done is committed.
        """
        with self._resources:
            self._stages.start()
            try:
                self._run_lanes()
            finally:
                self._stages.close()

    def stop(self) -> None:
        """Tell the consumer to stop; any thread and any signal handler may."""
        self._stopped.set()

    def counts(self) -> dict[Outcome, int]:
        """Return how many events ended how, since this consumer began; any thread may ask."""
        return self._telemetry.counts()

    def in_flight(self) -> int:
        """Return how many events are delivered and not done; any thread may ask."""
        return sum(lane.in_flight() for lane in self._lanes)

    def has_partitions(self) -> bool:
        """Tell whether Kafka has given every lane something to read; any thread may ask."""
        return all(lane.has_partitions() for lane in self._lanes)

    def is_alive(self) -> bool:
        """Tell whether every lane's Kafka client still works; any thread may ask."""
        return all(lane.is_alive() for lane in self._lanes)

    def idle_s(self) -> float | None:
        """Return how long ago the slowest poll loop last turned, in seconds; none before all had a turn."""
        idle = [lane.idle_s() for lane in self._lanes]
        known = [seconds for seconds in idle if seconds is not None]
        return max(known) if len(known) == len(idle) else None

    def _run_lanes(self) -> None:
        with ThreadPoolExecutor(len(self._lanes), thread_name_prefix="lane") as pool:
            running = [pool.submit(self._run_lane, lane) for lane in self._lanes]
            # The kernel gives a signal to any thread, but Python handles it in the main one, and only once that wakes:
            # one that slept until the lanes end would never hear that they should.
            while wait(running, timeout=WAKE_S).not_done:
                continue
        for lane in running:
            lane.result()

    def _run_lane(self, lane: LaneLoop) -> None:
        try:
            lane.run(self._stopped)
        finally:
            # A lane that fails takes the others with it: half a consumer would be missed by nobody.
            self._stopped.set()
