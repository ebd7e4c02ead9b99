"""The retry topics, in memory."""

from collections.abc import Sequence

from damsight_consumer.errors import DeadLettersUnavailableError
from damsight_consumer.records import Postponed


class FakeRetries:
    """See `damsight_consumer.ports.Retries`.

    Attributes:
        published: What was acknowledged.
        troubles: How many of the next tries are not.
    """

    def __init__(self) -> None:
        self.published: list[Postponed] = []
        self.troubles = 0
        self.closed = False

    def publish(self, postponed: Sequence[Postponed]) -> None:
        if self.troubles > 0:
            self.troubles -= 1
            raise DeadLettersUnavailableError("the fake topic does not acknowledge")
        self.published.extend(postponed)

    def close(self) -> None:
        self.closed = True
