"""The backfill lane beside the live one, and what comes again by the retry lane."""

import pytest

from faults.conftest import MakeWorld
from faults.history import Change, Disorder, Shares, lives, mixed_up, newest

pytestmark = pytest.mark.integration


def test_a_backfill_never_overwrites_what_is_newer(make_world: MakeWorld) -> None:
    """An archive's past comes by the backfill while its present comes live; a member dies in the middle."""
    world = make_world()
    past = list(lives(200, rng=world.random, shelf=world.shelf, prefix="a", shares=Shares()))
    present = [
        Change(asset_id, change.revision + 1, deleted=world.random.random() < 0.3)
        for asset_id, change in newest(past).items()
        if world.random.random() < 0.5
    ]
    world.tell(mixed_up(past, rng=world.random, disorder=Disorder()), topic=world.backfill_topic)
    dying = world.members.start(DAMSIGHT_CONSUMER__INSTANCE_ID="one")
    world.tell(mixed_up(present, rng=world.random, disorder=Disorder()))
    world.wait(lambda: world.committed() > 0, "a live commit")
    dying.kill()
    world.members.start(DAMSIGHT_CONSUMER__INSTANCE_ID="one")
    world.check()


def test_a_picture_that_comes_late_is_found_by_a_retry(make_world: MakeWorld) -> None:
    """Its words are there at once, and its vector once its file is."""
    world = make_world()
    late = world.shelf.folder / "late.jpg"
    world.tell([Change("late", 1, uri=late.as_uri()), Change("never", 1, uri=world.shelf.missing)])
    world.members.start()
    world.wait(lambda: "late" in world.stored(), "its words")
    assert "problem" in world.stored()["late"]
    world.shelf.put_late(late)
    world.check()
    assert set(world.letters()) == {"never"}
