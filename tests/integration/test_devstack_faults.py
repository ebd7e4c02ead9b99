"""One server of a running stack is killed, hangs and comes back; everything ends with its owner all the same."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.structs import TopicPartition

from damsight_devstack import Stack, stack_status
from damsight_devstack.errors import NotRunningError
from damsight_devstack.faults import kill_server, resume_server
from drivers.forgotten_sockets import forgotten_sockets_forgiven
from drivers.servers import down, hanging, stack_for_faults

pytestmark = pytest.mark.integration
PATIENCE_S = 120.0
# Owns a stack in which nothing is as it was: one server was started anew, one hangs.
OWNER = """
import sys, time
from pathlib import Path
from damsight_devstack import running_stack
from damsight_devstack.faults import kill_server, pause_server, start_server
with running_stack(Path(sys.argv[1])) as stack:
    kill_server(stack, "elasticsearch")
    again = start_server(stack, "elasticsearch")
    pause_server(stack, "kafka")
    print(again.elasticsearch_pid, again.kafka_pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def faulty() -> Iterator[Stack]:
    with stack_for_faults(log_retention_ms="7654321") as running:
        yield running


@pytest.fixture(autouse=True)
def _forgotten_sockets() -> Iterator[None]:
    with forgotten_sockets_forgiven():
        yield


def test_a_killed_broker_comes_back_where_it_was(faulty: Stack) -> None:
    """A broker that was killed refuses, is told as stopped, and is back with address, data and own properties."""
    with closing(KafkaAdminClient(bootstrap_servers=faulty.kafka_bootstrap)) as admin:
        admin.create_topics([NewTopic("kept", 1, 1)])
    with closing(KafkaProducer(bootstrap_servers=faulty.kafka_bootstrap, acks="all")) as producer:
        producer.send("kept", b"over a kill").get(timeout=PATIENCE_S)
    host, port = faulty.kafka_bootstrap.split(":")
    with down(faulty, "kafka"):
        status = stack_status(faulty.folder)
        assert (status.kafka, status.elasticsearch) == ("stopped", "answers")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        with pytest.raises(NotRunningError, match="kafka"):
            kill_server(faulty, "kafka")
    now = stack_status(faulty.folder).stack
    assert now is not None
    assert (now.kafka_bootstrap, now.elasticsearch_pid) == (faulty.kafka_bootstrap, faulty.elasticsearch_pid)
    assert now.kafka_pid != faulty.kafka_pid
    with closing(KafkaConsumer(bootstrap_servers=now.kafka_bootstrap, auto_offset_reset="earliest")) as consumer:
        consumer.assign([TopicPartition("kept", 0)])
        records = consumer.poll(int(PATIENCE_S * 1000)).values()
        assert [record.value for one in records for record in one] == [b"over a kill"]
    assert retention_of("kept", now) == "7654321"


def retention_of(topic: str, stack: Stack) -> str:
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)) as admin:
        told = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    return str(told["topic"][topic]["retention.ms"]["value"])


def test_a_hanging_server_keeps_its_connections(faulty: Stack) -> None:
    """A paused Elasticsearch takes connections and answers nothing; then it answers what was asked meanwhile."""
    with httpx.Client(base_url=faulty.elasticsearch_url, timeout=PATIENCE_S, trust_env=False) as client:
        assert client.get("/_cluster/health").status_code == httpx.codes.OK
        with hanging(faulty, "elasticsearch"), pytest.raises(httpx.ReadTimeout):
            client.get("/_cluster/health", timeout=0.5)
        assert client.get("/_cluster/health").status_code == httpx.codes.OK
        resume_server(faulty, "elasticsearch")


def test_a_killed_owner_ends_what_was_started_anew_and_what_hangs(tmp_path: Path) -> None:
    """SIGKILL of the owner leaves neither a server that it had started again nor one that it had paused."""
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        try:
            servers = [psutil.Process(int(pid)) for pid in owner.stdout.readline().split()]
            assert len(servers) == 2
            assert servers[1].status() == psutil.STATUS_STOPPED
        finally:
            owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while any(runs(server) for server in servers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
