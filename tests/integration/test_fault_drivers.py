"""The drivers of faults do what they say, on a real echo, a real Elasticsearch and a real Kafka."""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from uuid import uuid4

import httpx
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.structs import TopicPartition

from damsight_devstack import Stack
from drivers.forgotten_sockets import forgotten_sockets_forgiven
from drivers.socks_faults import SocksFaults
from drivers.tcp_faults import TcpFaults

pytestmark = pytest.mark.integration
PATIENCE_S = 120.0
# For what must not come: it would come at once.
SILENCE_S = 0.5


@pytest.fixture(autouse=True)
def _forgotten_sockets() -> Iterator[None]:
    with forgotten_sockets_forgiven():
        yield


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_echo, args=(client,), daemon=True).start()


def _echo(client: socket.socket) -> None:
    with client, suppress(OSError):
        while data := client.recv(65_536):
            client.sendall(data)


@pytest.fixture
def faults(echo: tuple[str, int]) -> Iterator[TcpFaults]:
    with TcpFaults(*echo) as made:
        yield made


def connect(faults: TcpFaults) -> socket.socket:
    return socket.create_connection((faults.host, faults.port), timeout=PATIENCE_S)


def _ask(faults: TcpFaults) -> bytes:
    with connect(faults) as client:
        return said(client, b"x")


def said(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return heard(client, len(words))


def heard(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := client.recv(count - len(data))):
        data += more
    return data


def is_silent(client: socket.socket) -> bool:
    readable, _, _ = select.select([client], [], [], SILENCE_S)
    return not readable


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(0.05)


def test_everything_passes_until_told_otherwise(faults: TcpFaults) -> None:
    """Bytes come back whole, the end of a side is passed on, and closed connections are counted out."""
    much = bytes(range(256)) * 4096
    with connect(faults) as client:
        threading.Thread(target=client.sendall, args=(much,), daemon=True).start()
        assert heard(client, len(much)) == much
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    eventually(lambda: faults.open_connections == 0, "the connection's end")
    assert faults.accepted == 1


def test_reset_ends_present_and_new_connections(faults: TcpFaults) -> None:
    """A reset is an RST on the open connection and on each new one; afterwards all is well again."""
    with connect(faults) as client:
        assert said(client, b"hello") == b"hello"
        faults.reset()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionError):
        _ask(faults)
    faults.pass_through()
    with connect(faults) as client:
        assert said(client, b"again") == b"again"
        faults.reset_once()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with connect(faults) as client:
        assert said(client, b"new ones pass") == b"new ones pass"


def test_a_black_hole_swallows_and_a_healed_one_delivers(faults: TcpFaults) -> None:
    """Nothing passes on old and new connections, which stay open; what was sent arrives when the hole is gone."""
    with connect(faults) as old:
        assert said(old, b"before") == b"before"
        faults.blackhole()
        old.sendall(b"held")
        with connect(faults) as new:
            new.sendall(b"new")
            assert is_silent(old)
            assert is_silent(new)
            faults.pass_through()
            assert heard(old, 4) == b"held"
            assert heard(new, 3) == b"new"


def test_half_open_loses_the_answers_alone() -> None:
    """A request arrives at the server, its answer does not come back; after a reset it is lost for good."""
    with socket.create_server(("127.0.0.1", 0)) as listener, TcpFaults(*listener.getsockname()) as faults:
        client = connect(faults)
        server, _ = listener.accept()
        faults.half_open()
        client.sendall(b"do it")
        server.settimeout(PATIENCE_S)
        assert heard(server, 5) == b"do it"
        server.sendall(b"done")
        assert is_silent(client)
        faults.reset_once()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        faults.pass_through()
        client.close()
        server.close()


def test_refused_is_refused_and_the_port_is_kept(faults: TcpFaults) -> None:
    """As a server that died: open connections are reset, new ones refused; then it listens where it did."""
    address = faults.address
    with connect(faults) as client:
        assert said(client, b"hello") == b"hello"
        faults.refuse()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(faults)
    faults.pass_through()
    assert faults.address == address
    with connect(faults) as client:
        assert said(client, b"back") == b"back"


def test_latency_delays_each_way(faults: TcpFaults) -> None:
    """An answer takes two delays and no less, and many bytes share one delay rather than wait for each other."""
    much = bytes(1 << 20)
    with connect(faults) as client:
        faults.latency(0.2)
        began = time.monotonic()
        threading.Thread(target=client.sendall, args=(much,), daemon=True).start()
        assert heard(client, len(much)) == much
        assert time.monotonic() - began >= 0.4


def test_a_server_that_is_not_there_is_a_reset(unused_port: int) -> None:
    """Behind the faults nobody listens: the client is told by a reset, and nothing hangs."""
    with TcpFaults("127.0.0.1", unused_port) as faults, connect(faults) as client, pytest.raises(ConnectionResetError):
        client.recv(1)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_elasticsearch_behind_faults(stack: Stack) -> None:
    """An answer that is lost after the request was applied is an error for the client, and the document is there."""
    name = f"faults-{uuid4().hex[:8]}"
    with (
        TcpFaults.before(stack.elasticsearch_url) as faults,
        httpx.Client(base_url=faults.url, timeout=PATIENCE_S, trust_env=False) as client,
    ):
        client.put(f"/{name}", json={"settings": {"number_of_replicas": 0}}).raise_for_status()
        faults.half_open()
        with pytest.raises(httpx.ReadTimeout):
            client.put(f"/{name}/_doc/1", json={"a": 1}, timeout=SILENCE_S)
        direct = f"{stack.elasticsearch_url}/{name}/_doc/1"
        eventually(lambda: httpx.get(direct, timeout=PATIENCE_S).json().get("found", False), "the document")
        faults.refuse()
        with pytest.raises(httpx.ConnectError):
            client.get("/")
        faults.pass_through()
        assert client.get(f"/{name}/_doc/1").json()["_source"] == {"a": 1}
        client.delete(f"/{name}").raise_for_status()


def test_kafka_behind_faults(stack: Stack) -> None:
    """A consumer behind the proxy reads on after a reset and after a black hole, and misses nothing."""
    topic = f"faults.{uuid4().hex[:8]}"
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)) as admin:
        admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    with SocksFaults() as faults, closing(KafkaProducer(bootstrap_servers=stack.kafka_bootstrap)) as producer:
        consumer = KafkaConsumer(
            bootstrap_servers=stack.kafka_bootstrap,
            proxy_url=faults.url,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            request_timeout_ms=4000,
            fetch_max_wait_ms=200,
        )
        with closing(consumer):
            consumer.assign([TopicPartition(topic, 0)])
            read: list[bytes] = []

            def reads(word: bytes) -> None:
                producer.send(topic, word).get(timeout=PATIENCE_S)
                eventually(lambda: read.extend(_polled(consumer)) or word in read, f"{word!r}")

            reads(b"through the proxy")
            assert set(faults.reached) == {stack.kafka_bootstrap}
            before = len(faults.reached)
            faults.reset_once()
            reads(b"after a reset")
            assert len(faults.reached) > before
            faults.blackhole()
            producer.send(topic, b"in the dark").get(timeout=PATIENCE_S)
            assert _polled(consumer) == []
            faults.pass_through()
            reads(b"after the black hole")
            assert read == [b"through the proxy", b"after a reset", b"in the dark", b"after the black hole"]


def _polled(consumer: KafkaConsumer) -> list[bytes]:
    return [record.value for records in consumer.poll(timeout_ms=500).values() for record in records]
