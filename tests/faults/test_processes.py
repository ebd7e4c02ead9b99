"""Processes that die, stop or stand still: whatever becomes of them, every asset ends right."""

import time

import pytest
from kafka.admin import KafkaAdminClient

from faults.conftest import MakeWorld
from faults.hooks import Hooks, Step

pytestmark = pytest.mark.integration
MAX_POLL_MS = 6000
KILLED = -9


def test_a_kill_at_each_step_loses_nothing(make_world: MakeWorld) -> None:
    """What the process had not finished comes again, to the next one, which dies a step further on."""
    world = make_world()
    for step in Step:
        world.tell_lives(60, prefix=step, pictures=0.3, missing=0.1)
        dying = world.members.start(Hooks(kill_at=step, nth=2), DAMSIGHT_CONSUMER__INSTANCE_ID="one")
        assert dying.wait() == KILLED, f"at {step}: {dying.last_words()}"
    world.members.start(DAMSIGHT_CONSUMER__INSTANCE_ID="one")
    world.check()


def test_members_that_die_stop_or_freeze_lose_nothing(make_world: MakeWorld) -> None:
    """One of two is killed, one asked to end, one frozen for longer than its session: a zombie that comes back."""
    world = make_world()
    first, second = world.members.start(), world.members.start()
    with world.telling(prefix="a"):
        world.wait(lambda: world.has_members(2), "two members")
        second.kill()
        third = world.members.start()
        first.ask_to_end()
        assert first.wait() == 0
        fourth = world.members.start()
        world.wait(lambda: world.has_members(2), "two members again")
        third.freeze()
        world.wait(lambda: world.has_members(1), "the frozen one's being missed")
        third.thaw()
        world.wait(lambda: world.has_members(2), "the zombie's return")
    assert third.is_alive
    assert fourth.is_alive
    world.check()


def test_an_encoder_that_stands_still_costs_no_rebalance(make_world: MakeWorld) -> None:
    """It takes twice as long as a member may leave out its polls, and the member keeps its place all the while."""
    world = make_world()
    member = world.members.start(Hooks(stall_encoder_s=2 * MAX_POLL_MS / 1000, max_poll_ms=MAX_POLL_MS))
    world.wait(lambda: world.has_members(1), "the member")
    before = world.offsets.members(world.name)
    world.tell_lives(100)
    seen = []
    while world.lag() != 0:
        seen.append(world.offsets.members(world.name))
        time.sleep(0.3)
    assert len(seen) > 10
    assert all(each == before for each in seen)
    assert member.is_alive
    world.check()


def test_members_and_partitions_come_and_go(make_world: MakeWorld) -> None:
    """From one member to six and back, and from six partitions to twelve, while events come."""
    world = make_world()
    first = world.members.start()
    with world.telling(prefix="a"):
        world.wait(lambda: world.has_members(1), "one member")
        others = [world.members.start() for _ in range(5)]
        world.wait(lambda: world.has_members(6), "six members")
        admin: KafkaAdminClient = world.offsets.admin
        admin.create_partitions({world.name: 12})
        world.wait(lambda: len(world.offsets.places([world.name])) == 12, "twelve partitions")
        for other in others:
            other.ask_to_end()
        world.wait(lambda: world.has_members(1), "one member again")
    assert first.is_alive
    world.check()
