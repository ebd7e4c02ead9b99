"""Asks an encoder for a batch's rows, and where that fails for each alone, so that one's failure is its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import numpy as np

from damsight_consumer.breaker import Breaker
from damsight_consumer.compose import Row
from damsight_consumer.patience import Patience
from damsight_consumer.problems import problem_of
from damsight_consumer.records import Stage
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.errors import DeviceError, EncoderUnavailableError
from damsight_encoders.ports import Vectors
from damsight_schemas.document import Problem

Given = TypeVar("Given")
Result = TypeVar("Result")

# The device or the service is in trouble, not the asset: trying again may help.
TROUBLE = (DeviceError, EncoderUnavailableError)


class Asking:
    """Asks encoders. Any thread may call it.

    Args:
        devices: The threads that the devices' work is done in.
        service: Tells when to try while a device or a service is in trouble.
        patience: Waits for it.
        telemetry: Is told of it.
    """

    def __init__(self, *, devices: Executor, service: Breaker, patience: Patience, telemetry: Telemetry) -> None:
        self._devices = devices
        self._service = service
        self._patience = patience
        self._telemetry = telemetry

    def rows(
        self, given: Sequence[Given], encode: Callable[[list[Given]], Vectors], *, most: int
    ) -> list[Row | Problem]:
        """Return a row for each that is given, or why there is none.

        Args:
            given: What an encoder takes.
            encode: The encoder.
            most: At one time.

        Raises:
            AbandonedError: The consumer is stopping.
        """
        return self._in_batches(given, lambda some: _rows_of(encode(some), len(some)), most)

    def texts(
        self, given: Sequence[Given], write: Callable[[list[Given]], list[str]], *, most: int
    ) -> list[str | Problem]:
        """Return a text for each that is given, or why there is none; else as `rows`."""
        return self._in_batches(given, lambda some: _all_of(write(some), len(some)), most)

    def _in_batches(
        self, given: Sequence[Given], ask: Callable[[list[Given]], list[Result]], most: int
    ) -> list[Result | Problem]:
        batches = (list(given[start : start + most]) for start in range(0, len(given), most))
        return [result for batch in batches for result in self._results(batch, ask)]

    def _results(self, given: list[Given], ask: Callable[[list[Given]], list[Result]]) -> list[Result | Problem]:
        results = self._attempt(given, ask)
        if not isinstance(results, BaseException):
            return list(results)
        if len(given) == 1:
            self._telemetry.unexpected(Stage.ENCODE, results)
            return [problem_of(Stage.ENCODE, results)]
        return [result for one in given for result in self._results([one], ask)]

    def _attempt(self, given: list[Given], ask: Callable[[list[Given]], list[Result]]) -> list[Result] | BaseException:
        while True:
            with self._service.wait_turn(self._patience.wait) as turn:
                # Whatever an encoder raises is read from the future, so no error can end the loop.
                future = self._devices.submit(ask, given)
                error = future.exception()
                if not isinstance(error, TROUBLE):
                    turn.worked()
                    return future.result() if error is None else error
                self._telemetry.trouble(Stage.ENCODE, error, turn.failed())


def _rows_of(vectors: Vectors, count: int) -> list[Row]:
    rows = _all_of(list(vectors), count)
    if not np.isfinite(vectors).all():
        raise ValueError("the encoder gave a vector that holds no finite numbers")
    return rows


def _all_of(results: list[Result], count: int) -> list[Result]:
    if len(results) != count:
        raise ValueError(f"the encoder gave {len(results)} results for {count} inputs")
    return results
