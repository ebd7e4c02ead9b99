"""The watchdog also bites when what the loop waits for is dead."""

import threading

from damsight_consumer.watchdog import Watchdog


def test_a_dead_client_is_not_waited_for() -> None:
    """Its loop stands still for a moment only, far below the limit, but will never turn again."""
    bitten = threading.Event()
    alive = threading.Event()
    alive.set()
    watchdog = Watchdog(lambda: 0.0, 1.0, lambda _: bitten.set(), is_alive=alive.is_set)
    watchdog.start()
    assert not bitten.wait(0.3)
    alive.clear()
    assert bitten.wait(120)
    watchdog.close()


def test_before_the_loop_begins_nothing_is_dead() -> None:
    """The client may not even be there yet."""
    bitten = threading.Event()
    watchdog = Watchdog(lambda: None, 0.1, lambda _: bitten.set(), is_alive=lambda: False)
    watchdog.start()
    assert not bitten.wait(0.2)
    watchdog.close()
