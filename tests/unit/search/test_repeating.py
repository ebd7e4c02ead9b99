"""What is done beside the searches goes on after whatever fails, and ends when it is told to."""

from threading import Event

import pytest

from damsight_search.errors import SearchError
from damsight_search.repeating import Repeating

PATIENCE_S = 120.0


@pytest.mark.parametrize("fault", [SearchError("not now"), ValueError("never thought of")])
def test_it_goes_on_after_a_failure_and_stops(fault: Exception) -> None:
    """The first turn fails and the second is done all the same; after the stop there is no further one."""
    turns: list[int] = []
    second = Event()

    def work() -> None:
        turns.append(1)
        if len(turns) == 1:
            raise fault
        second.set()

    repeating = Repeating("trial", work, first_s=0.0, every_s=0.01)
    repeating.start()
    assert second.wait(PATIENCE_S)
    repeating.stop()
    assert repeating.is_stopping
    assert not repeating._thread.is_alive()


def test_a_stop_does_not_wait_for_the_next_turn() -> None:
    """One that was to begin in an hour ends at once, and nothing was done; one that never began may be stopped."""
    turns: list[int] = []
    repeating = Repeating("trial", lambda: turns.append(1), first_s=3600.0, every_s=3600.0)
    repeating.start()
    repeating.stop()
    assert turns == []
    Repeating("trial", lambda: None, first_s=0.0, every_s=1.0).stop()
