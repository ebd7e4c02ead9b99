"""The local servers, really started, found, stopped, killed and starved."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.structs import TopicPartition

from damsight_devstack import Stack, StackProgress, StackSettings, running_stack, servers, stack_status
from damsight_devstack.errors import PortTakenError, ServerDiedError
from damsight_devstack.servers import choose_ports

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-c", "from damsight_cli.stack import app; app()"]
OWNER = """
import signal, sys, time
from pathlib import Path
# Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from damsight_devstack import running_stack
with running_stack(Path(sys.argv[1]), on_progress=lambda told: print(told.step, flush=True)):
    print("running", flush=True)
    time.sleep(600)
"""
# Every server process of a folder has its launch file on its command line.
LAUNCH_FILES = ("run/kafka/launch.json", "run/elasticsearch/launch.json")


def _servers_of(folder: Path) -> list[int]:
    wanted = {str(folder / name) for name in LAUNCH_FILES}
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if wanted & set(process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def _gone(folder: Path, within_s: float = 40.0) -> bool:
    deadline = time.monotonic() + within_s
    while _servers_of(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments, "--folder", str(folder)], capture_output=True, text=True, check=False, timeout=300
    )


def _up(folder: Path) -> dict[str, object]:
    told = _run("up", "--json", folder=folder)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@contextmanager
def _owner(folder: Path, until: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that owns a stack, once it has printed `until`."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as owner:
        try:
            for line in owner.stdout:
                if line.strip() == until:
                    break
            yield owner
        finally:
            owner.kill()


def _produce(bootstrap: str, topic: str, value: bytes) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        admin.create_topics([NewTopic(topic, 1, 1)])
    with closing(KafkaProducer(bootstrap_servers=bootstrap)) as producer:
        producer.send(topic, value).get(timeout=20)


def _consume(bootstrap: str, topic: str) -> list[bytes]:
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return [record.value for records in consumer.poll(20_000).values() for record in records]


def test_a_ready_stack_works_at_once(stack: Stack) -> None:
    """The first message and the first search after readiness succeed, and readiness left nothing behind."""
    _produce(stack.kafka_bootstrap, "first", b"hello")
    assert _consume(stack.kafka_bootstrap, "first") == [b"hello"]
    with httpx.Client(base_url=stack.elasticsearch_url, timeout=20) as client:
        assert client.get("/_cluster/health").json()["status"] == "green"
        assert not [row for row in client.get("/_cat/indices?format=json").json() if "ready" in row["index"]]
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)) as admin:
        assert not [name for name in admin.list_topics() if "ready" in name]


def test_an_unknown_topic_is_not_created(stack: Stack) -> None:
    """The broker makes no topic by accident: a misspelt one stays unknown."""
    with closing(KafkaConsumer("mispelt", bootstrap_servers=stack.kafka_bootstrap)) as consumer:
        consumer.poll(1000)
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)) as admin:
        assert "mispelt" not in admin.list_topics()


def test_up_status_down_and_up_again(tmp_path: Path) -> None:
    """`up` starts, a second finds it, `status` tells, `down` stops, the next `up` has data and addresses."""
    folder = tmp_path / "stack"
    try:
        first = _up(folder)
        assert _up(folder) == first
        told = _run("status", "--json", folder=folder)
        assert (told.returncode, json.loads(told.stdout)["stack"]) == (0, first)
        bootstrap, url = str(first["kafka_bootstrap"]), str(first["elasticsearch_url"])
        _produce(bootstrap, "kept", b"over a restart")
        settings = {"number_of_replicas": 0}
        httpx.put(f"{url}/kept", json={"settings": settings}, timeout=20).raise_for_status()
        httpx.put(f"{url}/kept/_doc/1", json={"kept": True}, timeout=20).raise_for_status()

        told = _run("down", folder=folder)
        assert told.returncode == 0
        assert _servers_of(folder) == []
        assert _run("status", folder=folder).returncode == 1

        again = _up(folder)
        assert (again["kafka_bootstrap"], again["elasticsearch_url"]) == (bootstrap, url)
        assert _consume(bootstrap, "kept") == [b"over a restart"]
        assert httpx.get(f"{url}/kept/_doc/1", timeout=20).json()["_source"] == {"kept": True}

        # One server gone by force, the state file stale: status says which, and `up` mends it.
        os.kill(int(str(again["elasticsearch_pid"])), signal.SIGKILL)
        while len(_servers_of(folder)) > 1:
            time.sleep(0.1)
        status = stack_status(folder)
        assert (status.kafka, status.elasticsearch, status.stack) == ("answers", "stopped", None)
        mended = _up(folder)
        assert len(_servers_of(folder)) == 2
        assert mended["elasticsearch_pid"] != again["elasticsearch_pid"]
        assert httpx.get(f"{url}/kept/_doc/1", timeout=20).json()["found"] is True
    finally:
        _run("down", folder=folder)
    assert _servers_of(folder) == []


def test_a_killed_owner_leaves_no_orphan(tmp_path: Path) -> None:
    """SIGKILL of the process that owns a running stack ends both servers."""
    with _owner(tmp_path, until="running") as owner:
        assert len(_servers_of(tmp_path)) == 2
        assert stack_status(tmp_path).owned
        owner.kill()
    assert _gone(tmp_path)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_start_leaves_no_orphan(tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl-C, a polite end or SIGKILL in the middle of a start ends the half-started servers within seconds."""
    with _owner(tmp_path, until="start") as owner:
        deadline = time.monotonic() + 20
        while len(_servers_of(tmp_path)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(_servers_of(tmp_path)) == 2
        owner.send_signal(how)
        assert owner.wait(20) != 0
    assert _gone(tmp_path, within_s=20)


def test_an_ordered_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    """A server ordered onto a port that somebody has is refused with port and setting, and nothing runs."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = StackSettings.from_environment().model_copy(update={"elasticsearch_port": taken.getsockname()[1]})
        with (
            pytest.raises(PortTakenError, match="DAMSIGHT_STACK__ELASTICSEARCH_PORT"),
            running_stack(tmp_path, settings=settings),
        ):
            pytest.fail("nothing may start")
    assert _servers_of(tmp_path) == []


def test_a_port_lost_between_choice_and_bind_is_chosen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """When another program takes a chosen port before its server binds it, the start goes on with another one.

    The stack has no folder of its own: what it had is gone after the block.
    """
    with socket.create_server(("127.0.0.1", 0)) as thief:
        stolen = thief.getsockname()[1]
        choices = []

        def robbed(settings: StackSettings, preferred: tuple[int, int] | None) -> servers.Ports:
            ports = choose_ports(settings, preferred)
            choices.append(ports)
            # Elasticsearch binds last of all: the whole way to its bind error is walked.
            return servers.Ports(ports.kafka, stolen, ports.controller, ports.transport) if len(choices) == 1 else ports

        monkeypatch.setattr(servers, "choose_ports", robbed)
        heard: list[StackProgress] = []
        with running_stack(on_progress=heard.append) as started:
            assert len(choices) == 2
            assert heard[-1].step == "ready"
            assert started.elasticsearch_url == f"http://127.0.0.1:{choices[1].elasticsearch}"
            assert stack_status(started.folder).stack == started
    assert _servers_of(started.folder) == []
    assert not started.folder.exists()


def test_a_server_that_dies_while_starting_shows_its_log(tmp_path: Path) -> None:
    """A Java that cannot have its heap ends the start with the server's name and the end of its log."""
    settings = StackSettings.from_environment().model_copy(update={"elasticsearch_heap_mb": 50_000_000})
    with (
        pytest.raises(ServerDiedError, match=r"elasticsearch ended with code 1(.|\n)*(heap|memory)"),
        running_stack(tmp_path, settings=settings),
    ):
        pytest.fail("nothing may start")
    assert _gone(tmp_path, within_s=1)
