"""Processes that die, stop or stand still: whatever becomes of them, every asset ends right."""

import pytest

from faults.conftest import MakeWorld
from faults.history import Change, Disorder, Shares, lives, mixed_up
from faults.hooks import Hooks, Step
from faults.world import World

pytestmark = pytest.mark.integration


def tell_of(world: World, assets: int, prefix: str = "a", **shares: float) -> None:
    changes: list[Change] = list(
        lives(assets, rng=world.random, shelf=world.shelf, prefix=prefix, shares=Shares(**shares))
    )
    world.tell(mixed_up(changes, rng=world.random, disorder=Disorder()))


def test_nothing_happens(make_world: MakeWorld) -> None:
    """Shuffled, late and duplicated events come out right where nothing fails."""
    world = make_world()
    tell_of(world, 300)
    world.members.start()
    world.check()


@pytest.mark.parametrize("step", list(Step))
def test_a_kill_at_a_step(make_world: MakeWorld, step: Step) -> None:
    """A process that dies at any step loses nothing: what it had not finished comes again."""
    world = make_world()
    tell_of(world, 300, missing=0.05)
    dying = world.members.start(Hooks(kill_at=step, nth=3))
    assert dying.wait() == -9
    world.members.start()
    world.check()
