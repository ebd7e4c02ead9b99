"""A watched folder is published whatever Kafka does meanwhile."""

import threading
from typing import Any

import pytest

from damsight_publisher import PublisherSettings, PublishOptions, watch_folder
from damsight_publisher.errors import BrokerError
from damsight_publisher.records import PublishProgress
from damsight_publisher.settings import PublishSettings
from examples.described_pictures import jpeg

OPTIONS = PublishOptions(source="press", zone="UTC")


def settings_of(workplace: Any) -> PublisherSettings:
    return PublisherSettings(publish=PublishSettings(journal=workplace.journal, settle_s=0.1, retry_s=0.1))


def test_a_broker_that_comes_back_is_waited_for(workplace: Any) -> None:
    """Kafka goes away in the middle and comes back: the watch says so, and every file is sent once."""
    for number in range(6):
        jpeg(workplace.root / f"{number}.jpg", shade=number)
    workplace.sink.breaks_after = 2
    stop, told = threading.Event(), []

    def follow(progress: PublishProgress) -> None:
        told.append(progress.message)
        if "tried again in 0.1 s: the fake broker is gone" in progress.message:
            workplace.sink.breaks_after = None
        if len(workplace.sink.taken) == 6 and progress.message.startswith("6 created"):
            stop.set()

    guard = threading.Timer(120, stop.set)
    guard.start()
    report = watch_folder(
        workplace.root, OPTIONS, stop=stop, settings=settings_of(workplace), sink=workplace.sink, on_progress=follow
    )
    guard.cancel()
    assert sorted(name for _, name in workplace.sent()) == [f"{number}.jpg" for number in range(6)]
    assert report.counts["created"] == 6
    assert any("tried again" in message for message in told)


def test_told_to_stop_while_the_broker_is_away_is_an_error(workplace: Any) -> None:
    """What could not be sent is told by the exit status, with what was done before in the report."""
    for number in range(3):
        jpeg(workplace.root / f"{number}.jpg", shade=number)
    workplace.sink.breaks_after = 1
    stop = threading.Event()

    def follow(progress: PublishProgress) -> None:
        if "tried again" in progress.message:
            stop.set()

    with pytest.raises(BrokerError) as failed:
        watch_folder(
            workplace.root, OPTIONS, stop=stop, settings=settings_of(workplace), sink=workplace.sink,
            on_progress=follow,
        )  # fmt: skip
    assert failed.value.report is not None
    assert failed.value.report.counts["created"] == 1
