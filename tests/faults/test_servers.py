"""Servers that are killed and come back."""

import time

import pytest

from damsight_devstack import Stack
from damsight_devstack.faults import kill_server, start_server
from damsight_devstack.server_process import ServerName
from faults.conftest import MakeWorld
from faults.history import Change

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("server", ["elasticsearch", "kafka"])
def test_a_server_that_is_killed_loses_nothing(make_world: MakeWorld, stack: Stack, server: ServerName) -> None:
    """It is away for a while in the middle of the work; the dead stay dead after it, whatever comes late."""
    world = make_world(index={"index.gc_deletes": "1s"})
    member = world.members.start()
    dead = [Change(f"dead-{number}", 2, deleted=True) for number in range(50)]
    world.tell(dead)
    world.wait(lambda: world.has_members(1), "the member")
    with world.telling(prefix="a"):
        time.sleep(1)
        kill_server(stack, server)
        try:
            time.sleep(3)
        finally:
            start_server(stack, server)
    world.tell(Change(each.asset_id, 1, created=True) for each in dead)
    world.check()
    assert member.is_alive
