"""The dead letters' topic, in memory."""

from collections.abc import Sequence

from damsight_consumer.errors import DeadLettersUnavailableError
from damsight_consumer.records import DeadLetter


class FakeDeadLetters:
    """See `damsight_consumer.ports.DeadLetters`.

    Attributes:
        letters: Those that were acknowledged.
        troubles: How many of the next tries are not.
    """

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []
        self.troubles = 0
        self.closed = False

    def publish(self, letters: Sequence[DeadLetter]) -> None:
        if self.troubles > 0:
            self.troubles -= 1
            raise DeadLettersUnavailableError("the fake topic does not acknowledge")
        self.letters.extend(letters)

    def close(self) -> None:
        self.closed = True
