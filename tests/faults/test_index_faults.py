"""An Elasticsearch that answers, and answers badly."""

import time

import pytest

from damsight_devstack import Stack
from drivers.faulty_index import Faults, FaultyIndex
from faults.conftest import MakeWorld

pytestmark = pytest.mark.integration
BULK = "_bulk"
# Each with the name that the proxy counts it by.
FAULTS = (
    ("item_errors", Faults(item_errors=0.05, only=BULK)),
    ("overloaded", Faults(overloaded=1.0)),
    ("unavailable", Faults(unavailable=1.0)),
    ("too_large", Faults(too_large_bytes=20_000, only=BULK)),
    ("lost_answers", Faults(lost_answers=0.7, only=BULK)),
    ("reset", Faults(reset=0.5)),
    ("slow", Faults(slow=1.0, slow_s=0.5)),
    ("read_only", Faults(read_only=True, only=BULK)),
)


def test_bad_answers_lose_nothing_and_dead_letter_nothing(make_world: MakeWorld, stack: Stack) -> None:
    """Overload, items that fail, bulks that are too large, answers that are lost: what is good ends stored."""
    with FaultyIndex(stack.elasticsearch_url) as index:
        world = make_world(elasticsearch_url=index.url)
        world.members.start()
        world.wait(lambda: world.has_members(1), "the member")
        with world.telling(prefix="a"):
            for name, faults in FAULTS:
                before = world.committed()
                with index.suffering(faults):
                    world.wait(lambda what=name: index.counts()[what] > 0, name)  # type: ignore[misc]  # a default binds it
                    time.sleep(0.5)
                world.wait(lambda least=before: world.committed() > least, f"a commit after {name}")  # type: ignore[misc]  # as above
        world.check()
        world.members.close()
        assert set(world.reasons()) == {"missing"}


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
