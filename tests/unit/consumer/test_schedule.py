"""One in flight per asset, the newest revision first."""

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from damsight_consumer.records import Work
from damsight_consumer.schedule import Schedule
from examples.assets import changed_event, deleted_event, work


def update(revision: int, asset_id: str = "a") -> Work:
    return work(changed_event(asset_id, revision))


def delete(revision: int, asset_id: str = "a") -> Work:
    return work(deleted_event(asset_id, revision))


def test_one_asset_has_one_event_in_flight() -> None:
    """The next one waits, however many come; other assets do not wait for it."""
    schedule, first, second, other = Schedule(), update(1), update(2), update(1, "b")
    schedule.offer(first)
    assert schedule.take_ready() == [first]
    schedule.offer(second)
    schedule.offer(other)
    assert schedule.take_ready() == [other]
    assert schedule.finish(first, stored=True) == []
    assert schedule.take_ready() == [second]


def test_of_those_that_wait_only_the_newest_runs() -> None:
    """An older one is done when the newer is stored, and not before."""
    schedule, first, second, third = Schedule(), update(1), update(2), update(3)
    schedule.offer(first)
    schedule.take_ready()
    schedule.offer(third)
    schedule.offer(second)
    schedule.finish(first, stored=True)
    assert schedule.take_ready() == [third]
    assert schedule.finish(third, stored=True) == [second]
    assert len(schedule) == 0


def test_events_that_come_together_run_once() -> None:
    """A poll that brings five revisions of one asset costs one encoding."""
    schedule = Schedule()
    works = [update(revision) for revision in (2, 5, 1, 4, 3)]
    for each in works:
        schedule.offer(each)
    (taken,) = schedule.take_ready()
    assert taken.revision == 5
    assert sorted(each.revision for each in schedule.finish(taken, stored=True)) == [1, 2, 3, 4]


def test_a_deletion_beats_an_update_of_its_own_revision() -> None:
    """And an update of the next revision beats the deletion."""
    schedule, gone, changed = Schedule(), delete(4), update(4)
    schedule.offer(changed)
    schedule.offer(gone)
    assert schedule.take_ready() == [gone]
    schedule.offer(update(5))
    assert schedule.finish(gone, stored=True) == [changed]
    assert [each.revision for each in schedule.take_ready()] == [5]


def test_a_later_try_is_not_done_with_the_one_that_it_comes_from() -> None:
    """A retry topic may give it before its acknowledgement comes: ended together, nothing would try again or tell."""
    schedule = Schedule()
    first, again, later = (replace(update(4), attempt=attempt) for attempt in (1, 1, 2))
    schedule.offer(first)
    schedule.take_ready()
    schedule.offer(later)
    schedule.offer(again)
    assert schedule.finish(first, stored=True) == [again]
    assert schedule.take_ready() == [later]


def test_an_earlier_try_is_done_with_a_later_one() -> None:
    """It comes twice where an acknowledgement was lost; the later one goes on for both."""
    schedule = Schedule()
    earlier, later = (replace(update(4), attempt=attempt) for attempt in (1, 2))
    schedule.offer(earlier)
    schedule.offer(later)
    assert schedule.take_ready() == [later]
    assert schedule.finish(later, stored=True) == [earlier]


def test_where_the_newest_cannot_be_stored_the_one_before_runs() -> None:
    """A bad newest revision does not take the good one before it along."""
    schedule, older, newer = Schedule(), update(1), update(2)
    schedule.offer(newer)
    schedule.take_ready()
    schedule.offer(older)
    assert schedule.finish(newer, stored=False) == []
    assert schedule.take_ready() == [older]


def test_what_is_dropped_is_not_done() -> None:
    """On stopping, nothing that waits behind a given-up event counts as done."""
    schedule, first = Schedule(), update(1)
    schedule.offer(first)
    schedule.take_ready()
    schedule.offer(update(2))
    schedule.drop(first)
    assert len(schedule) == 0
    assert schedule.take_ready() == []


class Scheduling(RuleBasedStateMachine):
    """Any order of arrivals and endings: nobody is forgotten, nobody runs beside another of the same asset."""

    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule()
        self.offered: list[Work] = []
        self.ended: Counter[int] = Counter()
        self.flying: dict[str, Work] = {}
        self.stored: dict[str, int] = {}

    @rule(asset=st.sampled_from("abc"), revision=st.integers(1, 6), deletion=st.booleans())
    def arrive(self, asset: str, revision: int, *, deletion: bool) -> None:
        """An event comes."""
        each = (delete if deletion else update)(revision, asset)
        self.offered.append(each)
        self.schedule.offer(each)

    @rule()
    def begin(self) -> None:
        """All that may run begins."""
        for each in self.schedule.take_ready():
            assert each.asset_id not in self.flying
            self.flying[each.asset_id] = each

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), stored=st.booleans())
    def end(self, data: st.DataObject, *, stored: bool) -> None:
        """One of them ends, stored or dead-lettered."""
        each = self.flying.pop(data.draw(st.sampled_from(sorted(self.flying))))
        needless = self.schedule.finish(each, stored=stored)
        assert all(other.version <= each.version for other in needless)
        assert stored or not needless
        for done in (each, *needless):
            self.ended[id(done)] += 1
        if stored:
            self.stored[each.asset_id] = max(each.version, self.stored.get(each.asset_id, 0))

    @invariant()
    def nobody_ends_twice(self) -> None:
        """Each event has one outcome."""
        assert not self.ended or max(self.ended.values()) == 1

    def teardown(self) -> None:
        """Once everything has run, every event has ended, and the newest of each asset is what is stored."""
        while len(self.schedule):
            self.begin()
            for each in list(self.flying.values()):
                del self.flying[each.asset_id]
                for done in (each, *self.schedule.finish(each, stored=True)):
                    self.ended[id(done)] += 1
        assert all(self.ended[id(each)] == 1 for each in self.offered)


TestScheduling = Scheduling.TestCase
TestScheduling.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
