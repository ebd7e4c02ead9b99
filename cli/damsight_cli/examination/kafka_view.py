"""What a Kafka says of itself."""

import socket
from contextlib import closing
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from damsight_schemas.connections import KafkaSettings

_CONNECT_S = 5.0


class KafkaAbsentError(Exception):
    """Kafka does not answer, or refuses; the message says why."""


@dataclass(frozen=True, slots=True)
class KafkaView:
    """A cluster as seen now.

    Attributes:
        version: As far as a client can tell it: the newest release whose requests the first broker knows.
        partitions: By topic.
    """

    cluster: str
    brokers: int
    version: str
    partitions: dict[str, int]


def look_at_kafka(kafka: KafkaSettings) -> KafkaView:
    """Ask a cluster for its brokers, version and topics.

    Raises:
        KafkaAbsentError: It cannot be reached, or refuses.
    """
    _require_listener(kafka)
    try:
        with closing(KafkaAdminClient(**kafka.client_options(), client_id="damsight-doctor")) as admin:
            return _view(admin)
    except KafkaError as error:
        raise KafkaAbsentError(f"{kafka.bootstrap_servers}: {type(error).__name__}: {error}") from error


def _view(admin: KafkaAdminClient) -> KafkaView:
    cluster = admin.describe_cluster()
    brokers = cluster["brokers"]
    version = admin.get_broker_version_data(brokers[0]["broker_id"]).broker_version
    names = admin.list_topics()
    described = admin.describe_topics(names) if names else []
    return KafkaView(
        cluster=str(cluster["cluster_id"]),
        brokers=len(brokers),
        version=".".join(str(part) for part in version),
        partitions={topic["name"]: len(topic["partitions"]) for topic in described},
    )


def _require_listener(kafka: KafkaSettings) -> None:
    """Find out at once that nobody is there: the client would try for half a minute."""
    problems = []
    for server in kafka.bootstrap_servers.split(","):
        host, _, port = server.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
        except OSError as error:
            problems.append(f"{server}: {error}")
        else:
            return
    raise KafkaAbsentError("; ".join(problems))
