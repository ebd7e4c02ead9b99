"""Creates the topics that are missing; those that are there stay as they are."""

from collections.abc import Collection

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from damsight_consumer.errors import SourceError
from damsight_kafka import client_options, knock, told
from damsight_schemas import topics
from damsight_schemas.connections import KafkaSettings

PATIENCE_S = 30.0
# A dead letter is evidence, and somebody may come to it late.
_FOR_EVER = {"retention.ms": "-1", "cleanup.policy": "delete"}
# What waits to be tried again is not lost when its consumer stands still over a long holiday, whatever the broker's
# default is.
_TWO_WEEKS = {"retention.ms": str(14 * 24 * 60 * 60 * 1000), "cleanup.policy": "delete"}
NEEDED = (topics.ASSETS, topics.BACKFILL, *topics.RETRY, topics.DEAD_LETTERS, topics.ALERTS)


def ensure_topics(
    kafka: KafkaSettings,
    *,
    names: Collection[str] = NEEDED,
    retries: Collection[str] = topics.RETRY,
    partitions: int = 6,
    replication: int = -1,
) -> list[str]:
    """Create what is missing.

    Args:
        kafka: How to reach it.
        names: Of the topics.
        retries: Those of them that keep what is tried again later, for two weeks; dead letters are kept for ever.
        partitions: Of each new topic; it bounds how many consumers can share it.
        replication: Of each new topic; -1 takes the broker's default.

    Returns:
        The names of those that were created.

    Raises:
        SourceError: Kafka cannot be reached, or refuses.
    """
    try:
        knock(kafka, patience_s=PATIENCE_S)
        admin = KafkaAdminClient(**client_options(kafka), client_id="damsight-topics")
        try:
            there = set(admin.list_topics())
            missing = [
                NewTopic(
                    name=name,
                    num_partitions=partitions,
                    replication_factor=replication,
                    topic_configs=_configs(name, retries),
                )
                for name in names
                if name not in there
            ]
            return [topic.name for topic in missing if _create(admin, topic)]
        finally:
            admin.close()
    except KafkaError as error:
        raise SourceError(
            f"the topics cannot be created: {told(kafka, error)} Or create {', '.join(names)} by hand, "
            f"and set DAMSIGHT_CONSUMER__CREATE_TOPICS=false where somebody else does."
        ) from error


def _configs(name: str, retries: Collection[str]) -> dict[str, str]:
    if name == topics.DEAD_LETTERS:
        return _FOR_EVER
    return _TWO_WEEKS if name in retries else {}


def _create(admin: KafkaAdminClient, topic: NewTopic) -> bool:
    try:
        admin.create_topics([topic], raise_errors=True)
    except TopicAlreadyExistsError:
        # Another consumer that starts at the same moment was quicker.
        return False
    return True
