"""Makes the Kafka clients, as the settings say."""

from kafka import KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError

from damsight_consumer.codecs import require_codecs
from damsight_consumer.errors import SourceError
from damsight_kafka import client_options, knock, told
from damsight_schemas.connections import KafkaSettings

FETCH_BYTES = 16 * 1024 * 1024
# A member that is killed is missed after this; one that stops by itself leaves at once.
SESSION_S = 10.0
# A member that does not poll is thrown out after this, and a rebalance waits for it as long. Nothing slow happens
# between two polls, and the watchdog ends a process that stands still long before.
MAX_POLL_INTERVAL_S = 60.0
# Partitions that are added to a topic are found after this at the latest.
METADATA_S = 30.0
BOOTSTRAP_MS = 30_000


def join(
    kafka: KafkaSettings,
    *,
    group_id: str,
    instance_id: str | None,
    session_s: float = SESSION_S,
    max_poll_interval_s: float = MAX_POLL_INTERVAL_S,
    metadata_s: float = METADATA_S,
) -> KafkaConsumer:
    """Return a member of a group, which reads raw bytes from the earliest record on and commits nothing by itself.

    Args:
        kafka: How to reach it.
        group_id: The group.
        instance_id: For static membership: a restart within the session causes no rebalance. One per replica.
        session_s: A member that is silent for longer is missed.
        max_poll_interval_s: A member that does not poll for longer leaves the group.
        metadata_s: How old what is known of the topics may get.

    Raises:
        SourceError: Kafka cannot be reached, or records could not be read for want of a Python package.
    """
    require_codecs()
    return _connect(
        kafka,
        group_id=group_id,
        group_instance_id=instance_id,
        partition_assignment_strategy=(CooperativeStickyAssignor,),
        session_timeout_ms=int(session_s * 1000),
        max_poll_interval_ms=int(max_poll_interval_s * 1000),
        metadata_max_age_ms=int(metadata_s * 1000),
    )


def look(kafka: KafkaSettings) -> KafkaConsumer:
    """Return a consumer that belongs to no group.

    Raises:
        SourceError: Kafka cannot be reached.
    """
    return _connect(kafka)


def _connect(kafka: KafkaSettings, **more: object) -> KafkaConsumer:
    try:
        knock(kafka, patience_s=BOOTSTRAP_MS / 1000)
        return KafkaConsumer(
            **client_options(kafka),
            **more,
            client_id="damsight-consumer",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_bytes=FETCH_BYTES,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            metrics_enabled=False,
        )
    except KafkaError as error:
        raise SourceError(told(kafka, error)) from error
