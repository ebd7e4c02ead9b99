"""A world for each test of faults."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from damsight_devstack import Stack
from faults.members import Cradle
from faults.world import World

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def cradle() -> Iterator[Cradle]:
    """Where all members come from."""
    made = Cradle()
    yield made
    made.close()


@pytest.fixture
def make_world(stack: Stack, cradle: Cradle, tmp_path: Path) -> Iterator[MakeWorld]:
    """Worlds on the session's servers; whatever they started is ended."""
    with ExitStack() as ends:

        def make(**options: Any) -> World:
            folder = tmp_path / f"world-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            world = World(stack, cradle, folder, **options)
            ends.callback(world.close)
            return world

        yield make
