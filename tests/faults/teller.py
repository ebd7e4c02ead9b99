"""Tells a long story, evenly over the time that it is given."""

import threading
import time

from faults.history import Change, Disorder, Shares, lives, mixed_up
from faults.world import World

_CHUNK = 200
_HELD_BACK = 0.03
_BACKFILL_EACH = 10


class Teller:
    """Sends events from a thread of its own until there are enough.

    Some versions are held back for long, so that they come when all newer ones of their asset were stored long ago.

    Args:
        world: Where it sends them.
        events: How many, at least.
        seconds: Over how long.
    """

    def __init__(self, world: World, events: int, seconds: float) -> None:
        self._world = world
        self._events = events
        self._seconds = seconds
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="teller")
        self.changes = 0
        self.held_back = 0

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait until all is told; what went wrong is raised here."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Tell no more."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._tell()
        except BaseException as error:  # noqa: BLE001  handed to the thread that joins
            self._failure = error

    def _tell(self) -> None:
        began, number, held = time.monotonic(), 0, list[Change]()
        while self._world.events < self._events and not self._ended.is_set():
            held = self._tell_chunk(number, held)
            number += 1
            due = began + self._seconds * self._world.events / self._events
            self._ended.wait(max(0.0, due - time.monotonic()))
        self._world.tell(held)

    def _tell_chunk(self, number: int, held: list[Change]) -> list[Change]:
        world = self._world
        changes = list(lives(_CHUNK, rng=world.random, shelf=world.shelf, prefix=f"a{number:04d}", shares=Shares()))
        self.changes += len(changes)
        now, later = list[Change](), list[Change]()
        for change in changes:
            (later if world.random.random() < _HELD_BACK else now).append(change)
        self.held_back += len(later)
        topic = world.backfill_topic if number % _BACKFILL_EACH == 0 else None
        world.tell(mixed_up(now, rng=world.random, disorder=Disorder()), topic=topic)
        if len(held) < _CHUNK:
            return held + later
        world.tell(held)
        return later
