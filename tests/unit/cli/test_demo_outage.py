"""The demo waits out what a dead server broke off."""

import time
from collections.abc import Callable

import pytest

from damsight_cli.demonstration.outage import Outlasting
from damsight_cli.demonstration.publishing import Publish, Publishing
from damsight_publisher.errors import BrokerError, SourceError
from damsight_publisher.records import OnProgress, PublishProgress, PublishReport

PATIENCE_S = 120.0


def failing(times: int, error: Exception) -> Callable[[], str]:
    """Fails so often, then works."""
    left = [error] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def report(published: int) -> PublishReport:
    made = PublishReport("source", "topic")
    made.counts["created"] = published
    return made


def broken_off(published: int | None) -> BrokerError:
    error = BrokerError("Kafka is away")
    error.report = None if published is None else report(published)
    return error


def ended(publishing: Publishing) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not publishing.ended():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True


def test_trouble_is_waited_out_and_told_once() -> None:
    """What fails a few times and then works is done, with one line for the whole outage."""
    said: list[str] = []
    outlasting = Outlasting(said.append, pause_s=0.0)
    assert outlasting.until_done(failing(5, OSError()), OSError, what="the index") == "done"
    assert said == ["the index waits for a server that is away, and goes on when it is back"]


def test_what_works_at_once_says_nothing() -> None:
    """Without an outage there is no line."""
    said: list[str] = []
    assert Outlasting(said.append).until_done(failing(0, OSError()), OSError, what="x") == "done"
    assert said == []


def test_other_errors_are_not_waited_for() -> None:
    """An error that no server's return mends is raised at once."""
    with pytest.raises(ValueError, match="wrong"):
        Outlasting(print).until_done(failing(1, ValueError("wrong")), OSError, what="x")


def test_an_outage_without_end_is_raised() -> None:
    """What lasts longer than allowed ends with the trouble itself."""
    with pytest.raises(OSError, match="still away"):
        Outlasting(print, longest_s=0.01, pause_s=0.02).until_done(
            failing(1000, OSError("still away")), OSError, what="x"
        )


def test_publishing_that_is_broken_off_goes_on_and_counts_everything_once() -> None:
    """Events of all runs are counted together; a run that could not begin counts nothing."""
    runs: list[PublishReport | BrokerError] = [broken_off(300), broken_off(None), broken_off(0), report(1272)]
    shown: list[int] = []

    def publish(note: OnProgress) -> PublishReport:
        note(PublishProgress("publish", 700 if len(runs) == 4 else 5, 1572))
        shown.append(publishing.published())
        run = runs.pop(0)
        if isinstance(run, BrokerError):
            raise run
        return run

    publishing = Publishing(_after_start(publish), Outlasting(lambda _: None, pause_s=0.0))
    assert ended(publishing)
    assert publishing.published() == 1572
    # The count on the screen never falls.
    assert shown == [700, 700, 700, 700]


def _after_start(publish: Publish) -> Publish:
    # The thread starts within the constructor, before the test has its name for it.
    def waits(note: OnProgress) -> PublishReport:
        time.sleep(0.05)
        return publish(note)

    return waits


def test_what_cannot_be_published_is_raised_to_whoever_asks() -> None:
    """An error that is no outage reaches the main thread."""

    def publish(_: OnProgress) -> PublishReport:
        raise SourceError("no such file")

    publishing = Publishing(publish, Outlasting(print))
    with pytest.raises(SourceError, match="no such file"):
        ended(publishing)
