"""What a Kafka says of itself."""

from contextlib import closing
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from damsight_kafka import KafkaAbsentError, client_options, knock, told
from damsight_schemas.connections import KafkaSettings


class KafkaUnseenError(Exception):
    """Kafka does not answer, or refuses; the message says why.

    Attributes:
        refused: It answers, and does not let us in.
    """

    def __init__(self, message: str, *, refused: bool) -> None:
        self.refused = refused
        super().__init__(message)


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
        KafkaUnseenError: It cannot be reached, or refuses.
    """
    try:
        knock(kafka)
        with closing(KafkaAdminClient(**client_options(kafka), client_id="damsight-doctor")) as admin:
            return _view(admin)
    except KafkaError as error:
        raise KafkaUnseenError(told(kafka, error), refused=not isinstance(error, KafkaAbsentError)) from error


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
