"""An Elasticsearch that answers, and answers badly."""

import time

import pytest

from damsight_devstack import Stack
from drivers.faulty_index import Faults, FaultyIndex
from faults.conftest import MakeWorld

pytestmark = pytest.mark.integration
BULK = "_bulk"
FAULTS = (
    Faults(item_errors=0.05, only=BULK),
    Faults(overloaded=0.5, unavailable=0.5),
    Faults(too_large_bytes=20_000, only=BULK),
    Faults(lost_answers=0.7, only=BULK),
    Faults(reset=0.5, slow=0.5, slow_s=0.5),
    Faults(read_only=True, only=BULK),
)


def test_bad_answers_lose_nothing_and_dead_letter_nothing(make_world: MakeWorld, stack: Stack) -> None:
    """Overload, items that fail, bulks that are too large, answers that are lost: what is good ends stored."""
    with FaultyIndex(stack.elasticsearch_url) as index:
        world = make_world(elasticsearch_url=index.url)
        world.members.start()
        world.wait(lambda: world.has_members(1), "the member")
        with world.telling(prefix="a"):
            for faults in FAULTS:
                with index.suffering(faults):
                    time.sleep(2.5)
        world.check()
        world.members.close()
        counts = index.counts()
        assert set(world.reasons()) == {"missing"}
    suffered = ("item_errors", "overloaded", "unavailable", "too_large", "lost_answers", "reset", "slow", "read_only")
    assert all(counts[name] for name in suffered), counts


def test_a_real_read_only_block_is_waited_out(make_world: MakeWorld) -> None:
    """As where the disk is nearly full: nothing is committed, nothing dead-lettered, and then all is stored."""
    world = make_world()
    world.client.indices.put_settings(index=world.index_name, settings={"index.blocks.read_only_allow_delete": True})
    world.members.start()
    world.tell_lives(100, missing=0.0)
    world.wait(lambda: world.has_members(1), "the member")
    time.sleep(2)
    assert world.committed() == 0
    world.client.indices.put_settings(index=world.index_name, settings={"index.blocks.read_only_allow_delete": None})
    world.check()
    assert world.letters() == {}
