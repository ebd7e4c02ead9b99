"""The crash counts in the metadata of commits."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damsight_consumer.crash_marks import LONGEST, CrashMark, parse_mark

NUMBERS = st.integers(0, 2**63 - 1)
MARKS = st.builds(CrashMark, st.booleans(), NUMBERS, NUMBERS, NUMBERS)


@given(MARKS)
def test_what_is_written_is_read_again(mark: CrashMark) -> None:
    """Whatever the numbers are, and never longer than Kafka takes."""
    assert parse_mark(mark.format()) == mark
    assert len(mark.format().encode()) <= LONGEST


@given(st.text() | st.none())
def test_metadata_of_others_tells_nothing(metadata: str | None) -> None:
    """Any tool may write there; it is no crash, and no error."""
    assert parse_mark(metadata) == CrashMark()


@pytest.mark.parametrize(
    "told",
    [
        {"open": True, "crashes": 1, "until": 2, "reach": 3},
        {"open": 1, "crashes": -1, "until": 2, "reach": 3},
        {"open": 1, "crashes": 1.5, "until": 2, "reach": 3},
        {"open": 1, "crashes": "1", "until": 2, "reach": 3},
        {"open": 1, "crashes": 1, "until": 2**63, "reach": 3},
        {"open": 1, "crashes": 1, "until": 2},
        [1, 2, 3],
        "open",
        None,
    ],
)
def test_a_mark_that_is_not_whole_tells_nothing(told: object) -> None:
    """Half of a mark is worse than none: it could make a suspect of everything, for ever."""
    assert parse_mark(json.dumps({"damsight": told})) == CrashMark()


def test_nested_without_end_it_tells_nothing() -> None:
    """A parser that gives up on depth does not end the consumer."""
    assert parse_mark("[" * 4000) == CrashMark()
    assert parse_mark(" " * LONGEST + CrashMark(open=True, reach=5).format()) == CrashMark()


def test_two_deaths_make_a_suspect_of_what_was_open() -> None:
    """From the commit on, as far as the dead can have read; not of what came after."""
    mark = CrashMark().at(10, position=10, events=5)
    mark = mark.taken_over(committed=10, end=100)
    assert not mark.suspects(10)
    mark = mark.at(10, position=10, events=5).taken_over(committed=10, end=100)
    assert [offset for offset in range(10, 20) if mark.suspects(offset)] == [10, 11, 12, 13, 14]


def test_a_second_death_never_narrows_what_is_suspect() -> None:
    """The first reached far; that the second one did not, says nothing of what ended the first."""
    first = CrashMark().at(10, position=60, events=5).taken_over(committed=10, end=100)
    second = first.at(10, position=10, events=5).taken_over(committed=10, end=100)
    assert second.until == 65


def test_nobody_had_what_was_not_written_yet() -> None:
    """The log's end bounds what a dead owner can have had."""
    mark = CrashMark().at(10, position=10, events=2000).taken_over(committed=10, end=12)
    assert (mark.crashes, mark.until) == (1, 12)


EVENTS = 4
KILLER = 25
LOG_END = 40


class Owner:
    """One owner of a partition in which one event kills whoever takes it in unwarned.

    It has at most `EVENTS` open events, in which it delivers, ends and commits in an order that chance decides.
    """

    def __init__(self, committed: int, metadata: str, chance: Random) -> None:
        self.committed = self.position = committed
        self.mark = parse_mark(metadata).taken_over(committed=committed, end=LOG_END)
        self.chance = chance
        self.open: list[int] = []
        self.suspects: list[int] = []
        self.killed = False
        self.commit()

    def commit(self) -> None:
        self.committed = min(self.open, default=self.position)
        self.mark = self.mark.at(self.committed, position=self.position, events=EVENTS)

    def turn(self) -> None:
        if len(self.open) < EVENTS and self.position < LOG_END and self.chance.random() < 0.6:
            if self.mark.suspects(self.position):
                self.suspects.append(self.position)
            elif self.position == KILLER:
                self.killed = True
            self.open.append(self.position)
            self.position += 1
        elif self.open:
            ended = self.chance.choice(self.open)
            if ended != KILLER or not self.killed:
                self.open.remove(ended)

    def work(self) -> None:
        """Until it dies or has nothing left to do, committing now and then."""
        while not self.killed and (self.open or self.position < LOG_END):
            for _ in range(self.chance.randint(1, 12)):
                self.turn()
            if not self.killed:
                self.commit()
        # The killer takes its time; meanwhile work goes on.
        for _ in range(self.chance.randint(0, 12) if self.killed else 0):
            self.turn()
            if self.chance.random() < 0.2:
                self.commit()


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_what_kills_is_suspect_in_the_end_and_the_rest_gets_by(chance: Random) -> None:
    """Whenever it is committed and whenever death comes: a few deaths, then all is done."""
    owner, deaths = Owner(0, "", chance), 0
    owner.work()
    while owner.killed:
        deaths += 1
        owner = Owner(owner.committed, owner.mark.format(), chance)
        owner.work()
        assert deaths < 12
    assert (owner.committed, deaths >= 2) == (LOG_END, True)
    assert KILLER in owner.suspects
    assert owner.mark.crashes == 0


@given(st.randoms(use_true_random=False), st.integers(1, 10))
@settings(deadline=None, max_examples=50)
def test_owners_that_stop_in_peace_leave_no_suspect(chance: Random, turns: int) -> None:
    """However often, and with whatever open."""
    owner = Owner(0, "", chance)
    for _ in range(5):
        for _ in range(turns):
            owner.turn()
        if owner.killed:
            break
        owner.commit()
        owner = Owner(owner.committed, owner.mark.closed().format(), chance)
        assert owner.mark.crashes == 0
