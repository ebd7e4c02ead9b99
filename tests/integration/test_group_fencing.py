"""Members with a name of their own, and what kafka-python tells nobody about itself."""

import time

import pytest

from damsight_consumer.errors import FencedError, SourceError
from damsight_consumer.records import Record
from damsight_consumer.source import KafkaSource
from damsight_devstack import Stack
from drivers.group_members import PATIENCE_S, Heard, group_of, partitions_of, poll_until, take

pytestmark = pytest.mark.integration


def poll_for(source: KafkaSource, error: type[Exception], *, commits: bool = False) -> Exception:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if commits:
                source.commit()
            source.poll()
        except error as raised:
            return raised
    raise AssertionError(f"no {error.__name__} in time")


def test_a_restart_with_the_same_name_moves_nobody(stack: Stack) -> None:
    """The other member is not told of any rebalance, and the one that comes back has the partitions it had."""
    with group_of(stack, partitions=4) as group:
        heard = Heard()
        stays = group.member(instance_id="stays", telemetry=heard)
        goes = group.member(instance_id="goes")
        poll_until(lambda: len(partitions_of(stays)) == len(partitions_of(goes)) == 2, stays, goes)
        before, told = partitions_of(goes), list(heard.notes)
        goes.close()
        back = group.member(instance_id="goes")
        poll_until(lambda: partitions_of(back), stays, back)
        assert partitions_of(back) == before
        assert heard.notes == told
        assert len(partitions_of(stays)) == 2


def test_a_member_whose_place_was_taken_ends(stack: Stack) -> None:
    """It has a partition and nothing to commit; the error names the setting, and its records come to the other."""
    with group_of(stack) as group:
        first = group.member(instance_id="same")
        poll_until(lambda: partitions_of(first), first)
        second = group.member(instance_id="same")
        poll_until(lambda: partitions_of(second), second)
        assert "DAMSIGHT_CONSUMER__INSTANCE_ID" in str(poll_for(first, FencedError))
        first.close()
        group.send(b"x")
        (record,) = take(second, 1)
        assert isinstance(record, Record)
        assert not record.suspect


def test_even_one_without_partitions_ends(stack: Stack) -> None:
    """No commit can tell it, since it has nothing to commit."""
    with group_of(stack) as group:
        owner = group.member(instance_id="owner")
        poll_until(lambda: partitions_of(owner), owner)
        idle = group.member(instance_id="idle")
        poll_until(idle._consumer._coordinator.stable, owner, idle)
        assert partitions_of(owner) == {0}
        other = group.member(instance_id="idle")
        poll_until(other._consumer._coordinator.stable, owner, other)
        poll_for(idle, FencedError)


def test_what_a_late_answer_tells_is_raised_by_the_next_call(stack: Stack) -> None:
    """A commit was only sent; that it was refused is known to the client alone until somebody asks."""
    with group_of(stack) as group:
        group.send(b"x")
        first = group.member(instance_id="same")
        (record,) = take(first, 1)
        second = group.member(instance_id="same")
        poll_until(lambda: partitions_of(second), second)
        first.done(record.receipt)
        first.commit()
        poll_for(first, FencedError, commits=True)
        second.commit(wait=True)
        assert group.committed() == {0: 0}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_client_whose_thread_died_is_told_at_once(stack: Stack) -> None:
    """Otherwise a call could wait for ever; closing waits for nothing either."""
    with group_of(stack) as group:
        source = group.member()
        poll_until(lambda: partitions_of(source), source)
        assert source.is_alive()
        net = source._consumer._net
        # It raises in the thread, which nothing there catches.
        net._process_events = None
        net.wakeup()
        deadline = time.monotonic() + PATIENCE_S
        while source.is_alive():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(SourceError, match="thread has died"):
            source.poll()
        source.close()
        # What the process's end would do.
        del net._process_events
        net._exception = net._io_thread = None
        source._consumer.close(autocommit=False)


def test_a_join_that_the_client_forgot_is_brought_to_its_end(stack: Stack) -> None:
    """kafka-python can forget that it is joining; it then reads on without heartbeats, and no commit ever succeeds."""
    with group_of(stack) as group:
        group.send(b"x")
        source = group.member()
        (record,) = take(source, 1)
        coordinator = source._consumer._coordinator
        coordinator.request_rejoin()
        while not coordinator.rejoining:
            coordinator.ensure_active_group(timeout_ms=0)
        coordinator.rejoin_needed = False
        poll_until(coordinator.stable, source)
        source.done(record.receipt)
        source.commit(wait=True)
        assert group.committed() == {0: 1}
