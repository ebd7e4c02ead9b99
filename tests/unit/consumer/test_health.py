"""The probes, the metrics and the watchdog."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from damsight_consumer.errors import SettingsError
from damsight_consumer.health import HealthServer
from damsight_consumer.records import Outcome, Stage
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.watchdog import Watchdog
from examples.assets import changed_event, record


class Loop:
    idle: float | None = None

    def idle_s(self) -> float | None:
        return self.idle


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def url(loop: Loop, telemetry: Telemetry) -> Iterator[str]:
    server = HealthServer("127.0.0.1", 0, idle_s=loop.idle_s, limit_s=30.0, registry=telemetry.registry)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def test_the_probes_tell_the_loop(url: str, loop: Loop) -> None:
    """Before its first turn it lives but is not ready; standing still it is dead."""
    states = []
    for loop.idle in (None, 0.1, 31.0):
        states.append((httpx.get(f"{url}/livez").status_code, httpx.get(f"{url}/readyz").status_code))
    assert states == [(200, 503), (200, 200), (503, 503)]
    assert httpx.get(f"{url}/other").status_code == 404


def test_the_metrics_count_outcomes(url: str, telemetry: Telemetry) -> None:
    """By outcome, from zero on, so that an alert has something to compare with."""
    telemetry.ended(record(changed_event()), Outcome.INDEXED, Stage.WRITE)
    text = httpx.get(f"{url}/metrics").text
    assert 'damsight_consumer_events_total{outcome="indexed"} 1.0' in text
    assert 'damsight_consumer_events_total{outcome="dead_lettered"} 0.0' in text


def test_a_port_that_is_taken_is_told_with_its_setting(url: str, loop: Loop, telemetry: Telemetry) -> None:
    """The message names what to change."""
    port = int(url.rpartition(":")[2])
    with pytest.raises(SettingsError, match="DAMSIGHT_HEALTH__PORT"):
        HealthServer("127.0.0.1", port, idle_s=loop.idle_s, limit_s=30.0, registry=telemetry.registry)


def test_the_watchdog_bites_once_and_only_when_the_loop_stands_still(loop: Loop) -> None:
    """A loop that has not begun, or turns, is left alone."""
    bitten: list[float] = []
    noticed = threading.Event()

    def bite(seconds: float) -> None:
        bitten.append(seconds)
        noticed.set()

    watchdog = Watchdog(loop.idle_s, 0.1, bite)
    watchdog.start()
    time.sleep(0.05)
    loop.idle = 0.01
    time.sleep(0.05)
    assert bitten == []
    loop.idle = 0.5
    assert noticed.wait(5)
    watchdog.close()
    assert bitten == [0.5]
