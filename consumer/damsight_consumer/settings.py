"""The consumer's settings: the only place here that reads the environment."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from damsight_consumer.errors import SettingsError
from damsight_consumer.records import Lane
from damsight_schemas.connections import (
    ElasticsearchSettings,
    EncodingLimits,
    IndexSettings,
    KafkaSettings,
    ModelSettings,
    PreviewSettings,
)
from damsight_schemas.settings import Names, Paths, Settings, SettingsGroup, named_by_variable, separated_by_commas
from damsight_schemas.topics import ALERTS, ASSETS, BACKFILL, RETRY, RETRY_DELAYS_S
from damsight_schemas.version import LAST_EPOCH

MEBIBYTE = 1024 * 1024

TopicName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
Listed = BeforeValidator(separated_by_commas)
Lanes = Annotated[tuple[Lane, ...], NoDecode, Listed, Field(min_length=1, max_length=len(Lane))]
TopicNames = Annotated[tuple[TopicName, ...], NoDecode, Listed, Field(min_length=1, max_length=6)]
Delays = Annotated[tuple[Annotated[float, Field(gt=0, le=604_800)], ...], NoDecode, Listed]


class FetchSettings(SettingsGroup):
    """What may be read, and how. Environment: DAMSIGHT_FETCH__...

    Attributes:
        roots: The folders that file:// may read, separated as in PATH, or a JSON list; none by default.
        private_hosts: Hosts that may have a private address, separated by commas, or a JSON list; none by default.
        timeout_s: Of one file, from the first connection to the last byte.
        redirects: At most so many.
        threads: Files that are read at the same time.
        ca_certs: Certificates to trust in place of the usual ones.
        missing_tries: How often a file that is not there is looked for, within about two seconds.
    """

    roots: Paths = ()
    private_hosts: Names = ()
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    redirects: Annotated[int, Field(ge=0, le=20)] = 5
    threads: Annotated[int, Field(ge=1, le=256)] = 16
    ca_certs: Path | None = None
    missing_tries: Annotated[int, Field(ge=1, le=10)] = 4


class GroupSettings(SettingsGroup):
    """How the consumer works. Environment: DAMSIGHT_CONSUMER__...

    Attributes:
        lanes: Which to consume, separated by commas: live, retry, backfill. A lane that one deployment leaves out must
            be consumed by another.
        group_id: The Kafka group that shares the work; the other lanes' groups are named after it.
        instance_id: For static membership; one per replica, and only where replicas are fixed.
        session_s: A member that is silent for longer is missed, and its partitions go to others. With static
            membership, longer than a restart takes.
        topic: Of the live lane.
        backfill_topic: Of the backfill lane.
        retry_topics: Of the retry lane, one for each later try.
        retry_delays_s: How long each of them waits.
        create_topics: Create the topics that are missing.
        partitions: Of a topic that is created.
        replication: Of a topic that is created; -1 takes the broker's default.
        events: Most events that are delivered and not done.
        event_mib: Most of them in MiB.
        fetched_mib: Most that is read and not decoded yet.
        prepared_mib: Most that waits for the encoder.
        decode_threads: 0 takes one per core.
        encode_batch: The encoder's largest batch.
        backfill_step_ms: How long a batch of the backfill lane may take while live events come, which wait for one at
            most: as many go through together as take about so long.
        bulk_mib: The largest bulk.
        bulks: Bulks in flight.
        commit_interval_s: Between two commits.
        grace_s: For what is under way when the consumer is told to stop.
        stall_s: How long a poll loop may stand still before the process ends itself.
        slow_s: An event that is under way for longer is told of in the log.
        pipeline_epoch: Raise it by one after a change that no model's name tells: a captioner, languages to read,
            frames or pages to look at, previews; then ``damsight publish --backfill`` makes every document anew. All
            consumers of an index have the same.
        decode_s: Longest for one picture of those that are decoded apart, because they may have ended a process.
        decode_mib: Most memory of the process that decodes them.
    """

    lanes: Lanes = tuple(Lane)
    group_id: Annotated[str, Field(min_length=1, max_length=249)] = "damsight-consumer"
    instance_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")] | None = None
    session_s: Annotated[float, Field(ge=6, le=1800)] = 10.0
    topic: TopicName = ASSETS
    backfill_topic: TopicName = BACKFILL
    retry_topics: TopicNames = RETRY
    retry_delays_s: Delays = RETRY_DELAYS_S
    create_topics: bool = True
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 6
    replication: Annotated[int, Field(ge=-1, le=10)] = -1
    events: Annotated[int, Field(ge=1, le=1_000_000)] = 2000
    event_mib: Annotated[int, Field(ge=1, le=65_536)] = 64
    fetched_mib: Annotated[int, Field(ge=1, le=65_536)] = 256
    prepared_mib: Annotated[int, Field(ge=1, le=65_536)] = 64
    decode_threads: Annotated[int, Field(ge=0, le=1024)] = 0
    encode_batch: Annotated[int, Field(ge=1, le=4096)] = 64
    backfill_step_ms: Annotated[int, Field(ge=1, le=60_000)] = 30
    bulk_mib: Annotated[int, Field(ge=1, le=90)] = 8
    bulks: Annotated[int, Field(ge=1, le=16)] = 2
    commit_interval_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    grace_s: Annotated[float, Field(ge=0, le=3600)] = 20.0
    stall_s: Annotated[float, Field(ge=5, le=3600)] = 30.0
    slow_s: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    pipeline_epoch: Annotated[int, Field(ge=0, le=LAST_EPOCH)] = 0
    decode_s: Annotated[float, Field(ge=1, le=3600)] = 60.0
    decode_mib: Annotated[int, Field(ge=256, le=1_048_576)] = 4096

    @model_validator(mode="after")
    def _one_delay_for_each_topic(self) -> Self:
        if len(self.retry_topics) != len(self.retry_delays_s):
            raise ValueError(
                f"retry_topics names {len(self.retry_topics)} topics and retry_delays_s {len(self.retry_delays_s)} "
                f"delays; each topic takes one"
            )
        return self


class AlertSettings(SettingsGroup):
    """Who is told of what arrives. Environment: DAMSIGHT_ALERTS__...

    Attributes:
        enabled: False: nobody is, and nothing is asked of the index of own records.
        topic: Where it is told.
        backfill: Tell of what the backfill lane brings, too: of a whole archive, when it is filled in.
        searches: Most standing searches that are watched for.
        reload_s: How soon a new one is.
    """

    enabled: bool = True
    topic: TopicName = ALERTS
    backfill: bool = False
    searches: Annotated[int, Field(ge=1, le=100_000)] = 1000
    reload_s: Annotated[float, Field(ge=0.05, le=3600)] = 30.0


class HealthSettings(SettingsGroup):
    """Where /livez, /readyz and /metrics answer. Environment: DAMSIGHT_HEALTH__...

    Attributes:
        enabled: False where nobody asks.
        port: 0 takes a free one.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080


class LogSettings(SettingsGroup):
    """What is told on standard error. Environment: DAMSIGHT_LOG__..."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    json_lines: bool = True


class ConsumerSettings(Settings):
    """All of it. Values given in code win over the environment."""

    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    index: IndexSettings = IndexSettings()
    models: ModelSettings = ModelSettings()
    limits: EncodingLimits = EncodingLimits()
    previews: PreviewSettings = PreviewSettings()
    fetch: FetchSettings = FetchSettings()
    consumer: GroupSettings = GroupSettings()
    alerts: AlertSettings = AlertSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()


def load_settings(**given: Any) -> ConsumerSettings:
    """Read the settings from the environment.

    Args:
        given: Whole groups that win over the environment, as in ``fetch={"roots": [folder]}``.

    Raises:
        SettingsError: One or more are wrong; each is named, with what it takes.
    """
    with named_by_variable(SettingsError):
        return ConsumerSettings(**given)
