"""Work beside the searches, again and again, in a thread of its own: never inside a request."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from damsight_search.errors import SearchError

_log = logging.getLogger(__name__)


class Repeating:
    """Does something now and then until it is stopped. What fails is told, and tried again.

    Args:
        name: Of the thread, and in the log.
        work: What is done; it may ask `is_stopping` between its steps.
        first_s: After how long it is done first, in seconds.
        every_s: And then again.
    """

    def __init__(self, name: str, work: Callable[[], object], *, first_s: float, every_s: float) -> None:
        self._name = name
        self._work = work
        self._first_s = first_s
        self._every_s = every_s
        self._stopping = Event()
        self._thread = Thread(target=self._go_on, name=name, daemon=True)

    @property
    def is_stopping(self) -> bool:
        """It shall end: what is under way may be given up."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until what is under way has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _go_on(self) -> None:
        # A command that asks one question is gone before this.
        self._stopping.wait(self._first_s)
        while not self._stopping.is_set():
            try:
                self._work()
            except SearchError as error:
                _log.info("%s: tried again in %.0f s: %s", self._name, self._every_s, error)
            except Exception:  # noqa: BLE001  see the comment; it is told with its traceback
                # Searches go on by what is there; a thread that died in silence would never try again.
                _log.exception("%s failed; tried again in %.0f s", self._name, self._every_s)
            self._stopping.wait(self._every_s)
