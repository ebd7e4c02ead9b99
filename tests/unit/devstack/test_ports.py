import socket

import pytest

from damsight_devstack.errors import PortTakenError
from damsight_devstack.ports import accepts, free_ports, hold, is_free
from damsight_devstack.servers import choose_ports
from damsight_devstack.settings import StackSettings


def test_free_ports_are_different_and_free() -> None:
    """The ports handed out together are distinct, and somebody could listen on each."""
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(map(is_free, ports))


def test_a_taken_port_is_not_free() -> None:
    """A port that somebody listens on accepts and is not free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert accepts(port)
        assert not is_free(port)
    assert not accepts(port)


def test_a_held_port_goes_to_a_server_and_to_nobody_else() -> None:
    """A held port refuses clients and strangers, and a server that reuses addresses listens on it."""
    (port,) = free_ports(1)
    held = hold(port)
    assert held is not None
    with held, socket.socket() as stranger:
        assert not accepts(port)
        with pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        with socket.create_server(("127.0.0.1", port)):
            assert accepts(port)


def test_a_taken_port_cannot_be_held() -> None:
    """Where somebody listens there is nothing to hold, and that is no error."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert hold(taken.getsockname()[1]) is None


def test_an_ordered_port_that_is_taken_is_named() -> None:
    """The error tells the port and the setting that ordered it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"Port {port} .*DAMSIGHT_STACK__KAFKA_PORT={port}"):
            choose_ports(StackSettings(kafka_port=port), None)


def test_a_restart_keeps_its_ports_where_they_are_free() -> None:
    """Of the ports of the run before, the free one is taken again and the taken one is replaced."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port, free = taken.getsockname()[1], free_ports(1)[0]
        chosen = choose_ports(StackSettings(), (free, port))
    assert chosen.kafka == free
    assert chosen.elasticsearch != port


def test_ordered_ports_come_before_the_ones_of_the_run_before() -> None:
    """A port that the person orders wins over the address that the stack had."""
    ordered, before = free_ports(2)
    assert choose_ports(StackSettings(elasticsearch_port=ordered), (before, before)).elasticsearch == ordered
