"""Trying again."""

import itertools
import threading
import time

import pytest

from damsight_consumer.errors import AbandonedError, IndexUnavailableError
from damsight_consumer.patience import Patience, delays


def test_waits_double_up_to_the_cap_and_are_jittered() -> None:
    """Each lies between a half and the whole of its step."""
    steps = [1.0, 2.0, 4.0, 5.0, 5.0]
    for wait, step in zip(itertools.islice(delays(1.0, 5.0), 5), steps, strict=True):
        assert step / 2 <= wait <= step


def test_trouble_is_told_and_waited_out() -> None:
    """It ends with the first try that works."""
    told: list[Exception] = []
    results = iter([IndexUnavailableError("1"), IndexUnavailableError("2"), "done"])

    def attempt() -> str:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    patience = Patience(threading.Event(), first_s=0.001)
    assert patience.until_done(attempt, IndexUnavailableError, lambda error, _: told.append(error)) == "done"
    assert [str(error) for error in told] == ["1", "2"]


def test_stopping_ends_the_wait_at_once() -> None:
    """A wait of a minute does not hold the process up."""
    abandoned = threading.Event()
    threading.Timer(0.05, abandoned.set).start()
    began = time.monotonic()
    with pytest.raises(AbandonedError):
        Patience(abandoned).wait(60)
    assert time.monotonic() - began < 5
