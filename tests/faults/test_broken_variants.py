"""Consumers that are made wrongly fail the check; the real one passes it in the same story.

A check that cannot fail proves nothing. Each story ends with every event committed: lag tells of none of this.
"""

import pytest

from faults import broken
from faults.comparison import Comparison
from faults.conftest import MakeWorld
from faults.history import Change
from faults.hooks import Hooks, Step
from faults.world import World

pytestmark = pytest.mark.integration
ASSETS = 300
REAL = None
# It comes back to its own place at once, where another would wait until it is missed.
STATIC = {"DAMSIGHT_CONSUMER__INSTANCE_ID": "one"}


def plain(revision: int = 1, *, deleted: bool = False) -> list[Change]:
    return [Change(f"a-{number:04d}", revision, deleted) for number in range(ASSETS)]


def end_of(world: World) -> Comparison:
    world.settle()
    return world.compare()


@pytest.mark.parametrize("variant", [REAL, broken.COMMIT_ON_POLL])
def test_commit_on_poll_loses_what_a_dying_process_had_in_hand(make_world: MakeWorld, variant: str | None) -> None:
    """It dies when its first bulk is about to go; what it had polled is committed, and never comes again."""
    world = make_world()
    world.tell(plain())
    assert world.members.start(Hooks(variant=variant, kill_at=Step.BEFORE_BULK), **STATIC).wait() == -9
    world.members.start(Hooks(variant=variant), **STATIC)
    found = end_of(world)
    assert found.is_clean == (variant is REAL), found
    assert bool(found.missing) == (variant is not REAL)


@pytest.mark.parametrize("variant", [REAL, broken.COMMIT_HIGHEST])
def test_commit_highest_loses_what_was_slow(make_world: MakeWorld, variant: str | None) -> None:
    """One picture is read so slowly that the process dies over it; all that came after it was done."""
    world = make_world()
    slow = Change("slow", 1, uri=world.shelf.uris[0])
    world.tell([slow, *plain()], strewn=0.0)
    dying = world.members.start(Hooks(variant=variant, hold_fetch=world.shelf.uris[0]), **STATIC)
    world.wait(lambda: len(world.stored()) == ASSETS, "every asset but the slow one")
    if variant is not REAL:
        world.settle()
    dying.kill()
    world.members.start(Hooks(variant=variant), **STATIC)
    found = end_of(world)
    assert found.is_clean == (variant is REAL), found
    assert found.missing == ([] if variant is REAL else ["slow"])


@pytest.mark.parametrize("variant", [broken.EAGER, broken.DROP_ON_REVOKE])
def test_drop_on_revoke_loses_what_was_under_way(make_world: MakeWorld, variant: str) -> None:
    """Another member joins while bulks are under way; the partitions that stay keep their positions."""
    world = make_world()
    world.tell(plain())
    world.members.start(Hooks(variant=variant))
    world.wait(lambda: world.has_members(1), "the first member")
    world.members.start(Hooks(variant=broken.EAGER))
    world.wait(lambda: world.has_members(2), "the second member")
    found = end_of(world)
    assert found.is_clean == (variant is broken.EAGER), found
    assert bool(found.missing) == (variant is not broken.EAGER)


@pytest.mark.parametrize("variant", [REAL, broken.DELETE_WITHOUT_TOMBSTONE])
def test_a_deletion_without_a_tombstone_lets_the_dead_rise(make_world: MakeWorld, variant: str | None) -> None:
    """The server forgets deletions after a while (here: at once); then an event comes late."""
    world = make_world(index={"index.gc_deletes": "0s"})
    world.members.start(Hooks(variant=variant))
    world.tell(plain(2, deleted=True))
    world.settle()
    world.client.indices.refresh(index=world.index_name)
    world.tell(plain(1))
    found = end_of(world)
    assert found.is_clean == (variant is REAL), found
    assert bool(found.resurrected) == (variant is not REAL)
