"""Connect once, to learn at once and in words what the clients would try for half a minute and not tell."""

import socket
import time
from collections.abc import Sequence
from typing import Final

from kafka.errors import KafkaError
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from damsight_kafka.errors import KafkaAbsentError, KafkaRefusedError
from damsight_kafka.options import client_options
from damsight_kafka.words import advice, told
from damsight_schemas.connections import KafkaSettings

_ANSWER_MS: Final = 10_000
_PAUSE_S: Final = 0.25
# What a connection was seen to end with besides KafkaError: sockets, TLS, a server's SCRAM signature that is wrong.
_FAULTS: Final = (KafkaError, OSError, ValueError, RuntimeError)


def knock(kafka: KafkaSettings, *, patience_s: float = 0.0) -> None:
    """Connect to one of the bootstrap servers, prove who we are, ask for the brokers, hang up.

    Args:
        kafka: How to reach it.
        patience_s: How long, in seconds, to try again while nobody answers. Whoever is refused is told at once.

    Raises:
        KafkaRefusedError: Kafka answers and does not let us in.
        KafkaAbsentError: Nobody answers.
    """
    deadline = time.monotonic() + patience_s
    while True:
        faults = _faults(kafka)
        if not faults:
            return
        for fault in faults:
            if advice(kafka, fault) is not None:
                raise KafkaRefusedError(told(kafka, fault)) from fault
        if time.monotonic() >= deadline:
            raise KafkaAbsentError(told(kafka, faults[-1])) from faults[-1]
        time.sleep(_PAUSE_S)


def _faults(kafka: KafkaSettings) -> Sequence[BaseException]:
    """Try the servers in their order until one opens; empty then, else what each said."""
    faults: list[BaseException] = []
    for server in kafka.bootstrap_servers.split(","):
        try:
            if kafka.proxy_url is None:
                _require_listener(server)
            _open({**client_options(kafka), "bootstrap_servers": [server]})
        except _FAULTS as fault:
            faults.append(fault)
        else:
            return []
    return faults


def _require_listener(server: str) -> None:
    # kafka-python 3.0.12 forgets to close the socket of a connection that nobody takes.
    host, _, port = server.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_MS / 1000).close()


class _Listening(KafkaConnectionManager):  # type: ignore[misc] # kafka-python has no types
    """Hears a server's last words: kafka-python 3.0.12 drops what comes together with the end of a connection.

    A broker says that the password is wrong and hangs up; without this it would be a matter of luck which is told.
    """

    async def _build_transport(self, node: object, timeout_at: float | None = None) -> object:
        transport = await super()._build_transport(node, timeout_at=timeout_at)
        receive = transport._sock_recv  # noqa: SLF001 - there is no other place to listen at

        def words_first() -> tuple[bytes, BaseException | None]:
            data, end = receive()
            # The end is found again by the next call.
            return (data, None) if data else (data, end)

        transport._sock_recv = words_first  # noqa: SLF001 - as above
        return transport


def _open(options: dict[str, object]) -> None:
    network = NetworkSelector()
    manager = _Listening(network, **options, client_id="damsight-knock", request_timeout_ms=_ANSWER_MS)

    async def ask() -> None:
        node = manager.cluster.bootstrap_brokers()[0].node_id
        await manager.get_connection(node, timeout_ms=_ANSWER_MS, pop_on_close=False, refresh_metadata_on_err=False)
        await manager.cluster.refresh_metadata(node)

    try:
        manager.run(ask)
    finally:
        manager.close()
        network.close()
