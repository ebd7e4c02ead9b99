"""Connections that are cut, stall, crawl or go dead in one direction, to Kafka and to Elasticsearch."""

import time
from collections.abc import Callable

import pytest

from damsight_devstack import Stack
from drivers.socks_faults import SocksFaults
from drivers.tcp_faults import TcpFaults
from faults.conftest import MakeWorld

pytestmark = pytest.mark.integration
Fault = Callable[[TcpFaults], None]
# What is done to the wire, and for how long. Longer than the consumer's time limit where nothing answers.
FAULTS: tuple[tuple[Fault, float], ...] = (
    (TcpFaults.reset, 1.0),
    (lambda wire: wire.latency(0.2), 3.0),
    (TcpFaults.half_open, 5.0),
    (TcpFaults.blackhole, 7.0),
)


@pytest.mark.parametrize("server", ["elasticsearch", "kafka"])
def test_a_wire_that_fails_loses_nothing(make_world: MakeWorld, stack: Stack, server: str) -> None:
    """Events come all the while, and the consumer gets over it by itself."""
    with TcpFaults.before(stack.elasticsearch_url) as index, SocksFaults() as kafka:
        world = make_world(elasticsearch_url=index.url, DAMSIGHT_KAFKA__PROXY_URL=kafka.url)
        member = world.members.start()
        world.wait(lambda: world.has_members(1), "the member")
        assert kafka.accepted > 0
        wire = index if server == "elasticsearch" else kafka
        with world.telling(prefix="a"):
            for fault, seconds in FAULTS:
                before = world.committed()
                fault(wire)
                time.sleep(seconds)
                wire.pass_through()
                world.wait(lambda least=before: world.committed() > least, "a commit after the fault")  # type: ignore[misc]  # a default binds it
        world.check()
        assert member.is_alive
        world.members.close()
