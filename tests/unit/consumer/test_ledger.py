"""What is ours, from assignment to the last commit."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from damsight_consumer.crash_marks import CrashMark, parse_mark
from damsight_consumer.errors import OffsetError
from damsight_consumer.ledger import Commit, Ledger
from damsight_consumer.records import Partition, Receipt

ONE, OTHER = Partition("t", 0), Partition("t", 1)
EVENTS = 5


def opened(ledger: Ledger, partition: Partition, start: int = 0, mark: CrashMark | None = None) -> Commit:
    """Assign a partition and open it, as the poll thread does."""
    ledger.assign([partition])
    epoch, _ = ledger.unopened()[partition]
    first = Commit(partition, epoch, start, (mark or CrashMark()).at(start, position=start, events=EVENTS))
    ledger.opened(first)
    return first


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(EVENTS)


def test_nothing_is_delivered_before_it_was_opened(ledger: Ledger) -> None:
    """And nothing is committed, though the partition is ours."""
    assert ledger.assign([ONE]) == [ONE]
    assert ledger.closed_to(0) == {ONE}
    assert ledger.deliver(ONE, [0], 1) == []
    assert ledger.commits(everything=True) == ([], [])
    assert ledger.withdraw([ONE]) == []


def test_a_first_commit_of_an_earlier_epoch_opens_nothing(ledger: Ledger) -> None:
    """The partition went and came back while the broker answered."""
    ledger.assign([ONE])
    epoch, _ = ledger.unopened()[ONE]
    ledger.withdraw([ONE])
    ledger.assign([ONE])
    ledger.opened(Commit(ONE, epoch, 7, CrashMark(open=True)))
    assert ledger.positions() == {}


def test_what_is_retained_keeps_all_it_has(ledger: Ledger) -> None:
    """Being assigned once more changes nothing."""
    opened(ledger, ONE)
    ((receipt, _),) = ledger.deliver(ONE, [0], 1)
    assert ledger.assign([ONE, OTHER]) == [OTHER]
    ledger.complete(receipt)
    ((_, _, offset, _),), _ = ledger.commits()
    assert offset == 1


def test_each_commit_tells_how_far_its_owner_may_reach(ledger: Ledger) -> None:
    """Also where its offset stands still because the first event takes its time."""
    opened(ledger, ONE)
    ledger.deliver(ONE, range(3), 3)
    commits, _ = ledger.commits()
    assert [(commit.offset, commit.mark) for commit in commits] == [(0, CrashMark(open=True, reach=3 + EVENTS))]
    ledger.acknowledged(commits)
    assert ledger.commits() == ([], [])


def test_the_last_commit_says_that_nobody_is_at_work(ledger: Ledger) -> None:
    """It commits what is done, and keeps the count of deaths that was found."""
    opened(ledger, ONE, mark=CrashMark(crashes=1, until=4))
    (first, _) = ledger.deliver(ONE, [0, 1], 2)
    ledger.complete(first.receipt)
    (farewell,) = ledger.farewell()
    assert (farewell.offset, farewell.mark) == (1, CrashMark(crashes=1, until=4))
    assert ledger.withdraw([ONE]) == [farewell]
    assert ledger.assigned() == []


def test_what_waits_is_closed_until_it_is_due(ledger: Ledger) -> None:
    """The position stays before it, and what was delivered before it holds the commit back."""
    opened(ledger, ONE)
    ledger.deliver(ONE, [0, 1], 3, due_ms=1000)
    assert (ledger.closed_to(999), ledger.closed_to(1000)) == ({ONE}, set())
    assert ledger.positions() == {ONE: 3}
    assert [commit.offset for commit in ledger.withdraw([ONE])] == [0]


def test_what_was_due_opens_its_partition(ledger: Ledger) -> None:
    """Once it is delivered, nothing waits any more."""
    opened(ledger, ONE)
    ledger.deliver(ONE, [], 3, due_ms=1000)
    ledger.deliver(ONE, [3], 4)
    assert ledger.closed_to(0) == set()


def test_answers_that_come_late_or_in_disorder_move_nothing_back(ledger: Ledger) -> None:
    """The client tells of commits in any order, and of those of an epoch that is over."""
    first = opened(ledger, ONE)
    for noted in ledger.deliver(ONE, range(4), 4):
        ledger.complete(noted.receipt)
    later, _ = ledger.commits()
    ledger.acknowledged(later)
    ledger.acknowledged([first])
    assert ledger.commits() == ([], [])
    ledger.begin_anew(ONE)
    ledger.acknowledged(later)
    assert ledger.commits(everything=True) == ([], [])
    assert ledger.unopened()[ONE][1]


def test_a_partition_that_may_not_be_committed_does_not_hold_up_the_others(ledger: Ledger) -> None:
    """The fault is told, the others are committed."""
    opened(ledger, ONE, 5)
    opened(ledger, OTHER)
    ledger.deliver(ONE, [3], 4)
    ledger.moved(OTHER, 2)
    commits, faults = ledger.commits()
    assert [commit.partition for commit in commits] == [OTHER]
    assert [type(fault) for fault in faults] == [OffsetError]


class Broker(RuleBasedStateMachine):
    """One partition that goes from owner to owner, among which some die, over a log that grows."""

    def __init__(self) -> None:
        super().__init__()
        self.end = self.committed = 0
        self.metadata = ""
        self.done: set[int] = set()
        self.stale: list[Receipt] = []
        self.deaths = 0
        self.open_up()

    def open_up(self) -> None:
        self.ledger = Ledger(EVENTS)
        self.open: list[Receipt] = []
        left = parse_mark(self.metadata).taken_over(committed=self.committed, end=self.end)
        first = opened(self.ledger, ONE, self.committed, left)
        self.committed, self.metadata = first.offset, first.mark.format()

    @rule(gap=st.integers(0, 2), count=st.integers(1, 4))
    def deliver(self, gap: int, count: int) -> None:
        """More is written, and all of it is delivered."""
        position = self.ledger.positions()[ONE]
        self.end = max(self.end + gap + count, position)
        noted = self.ledger.deliver(ONE, range(position, self.end), self.end)
        self.open += [each.receipt for each in noted]

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        """Any of the open ones ends."""
        receipt = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        self.ledger.complete(receipt)
        self.done.add(receipt.offset)

    @rule(answered=st.booleans(), everything=st.booleans())
    def commit(self, *, answered: bool, everything: bool) -> None:
        """A commit is taken; its answer may be lost."""
        commits, faults = self.ledger.commits(everything=everything)
        assert not faults
        for commit in commits:
            assert commit.offset >= self.committed
            self.committed, self.metadata = commit.offset, commit.mark.format()
        if answered:
            self.ledger.acknowledged(commits)

    @rule()
    def leave(self) -> None:
        """The owner goes in peace, and the next one comes."""
        (last,) = self.ledger.withdraw([ONE])
        self.committed, self.metadata = last.offset, last.mark.format()
        assert not last.mark.open
        self.open_up()

    @rule()
    def die(self) -> None:
        """The owner dies, and the next one comes."""
        self.deaths += 1
        self.open_up()

    @invariant()
    def nothing_below_the_commit_is_open(self) -> None:
        """That is: nothing is lost."""
        assert set(range(self.committed)) <= self.done

    @invariant()
    def the_count_is_kept(self) -> None:
        """The broker always knows that somebody is at work, and of no more deaths than there were."""
        mark = parse_mark(self.metadata)
        assert mark.open
        assert mark.crashes <= self.deaths


TestBroker = Broker.TestCase
TestBroker.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
