"""The wiring: settings in, a consumer out. Whatever is opened here is closed when the consumer ends."""

import os
from collections.abc import Callable
from contextlib import ExitStack

from elasticsearch import Elasticsearch

from damsight_consumer.dead_letters import KafkaDeadLetters
from damsight_consumer.fetch.addresses import GuardedBackend
from damsight_consumer.fetch.by_scheme import FetcherByScheme
from damsight_consumer.fetch.files import FileFetcher
from damsight_consumer.fetch.web import WebFetcher, WebLimits
from damsight_consumer.group import join, look
from damsight_consumer.health import HealthServer
from damsight_consumer.pictures import PictureLimits
from damsight_consumer.pipeline import Consumer, ConsumerLimits
from damsight_consumer.poison import Prober
from damsight_consumer.ports import Fetcher
from damsight_consumer.settings import MEBIBYTE, ConsumerSettings
from damsight_consumer.source import KafkaSource
from damsight_consumer.stages import StageLimits, Stages
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.topics import ensure_topics
from damsight_consumer.watchdog import Watchdog
from damsight_consumer.write import BulkWriter, require_index
from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_encoders.ports import Encoders, PictureDecoder
from damsight_index.connection import connect
from damsight_schemas.topics import DEAD_LETTERS

# Before looking again for a file that is not there; it doubles each time.
FIRST_MISSING_WAIT_S = 0.2


def build_consumer(
    settings: ConsumerSettings,
    *,
    encoders: Encoders | None = None,
    decoder: PictureDecoder | None = None,
    on_stall: Callable[[float], None] | None = None,
) -> Consumer:
    """Return a consumer that is ready to `run`; it has connected, and it has checked the index.

    Args:
        settings: All of them.
        encoders: In place of those that the settings name, for a process that has loaded them already.
        decoder: In place of the usual one.
        on_stall: Called when the poll loop stood still for too long; without it nobody watches.

    Raises:
        IndexNotReadyError: There is no index, or it holds vectors of other models.
        IndexUnavailableError: Elasticsearch does not answer.
        SourceError: Kafka cannot be reached, or refuses.
        SettingsError: The health server's address cannot be bound.
        EncoderError: A model cannot be loaded.
    """
    telemetry = Telemetry()
    loaded = encoders or load_encoders(settings.models)
    resources = ExitStack()
    with ExitStack() as where_it_fails:
        where_it_fails.enter_context(resources)
        client = connect(settings.elasticsearch)
        resources.callback(client.close)
        require_index(client, settings.index.write_alias, spaces_of_encoders(loaded))
        source = _source(settings, telemetry, resources)
        stages = _stages(
            settings,
            encoders=loaded,
            decoder=decoder or PillowDecoder(settings.limits),
            client=client,
            telemetry=telemetry,
            resources=resources,
        )
        consumer = Consumer(
            source=source, stages=stages, telemetry=telemetry, limits=_consumer_limits(settings), resources=resources
        )
        _watch(settings, consumer, telemetry, on_stall, resources)
        where_it_fails.pop_all()
    return consumer


def _source(settings: ConsumerSettings, telemetry: Telemetry, resources: ExitStack) -> KafkaSource:
    group = settings.consumer
    if group.create_topics:
        ensure_topics(
            settings.kafka,
            names=(group.topic, DEAD_LETTERS),
            partitions=group.partitions,
            replication=group.replication,
        )
    member = join(settings.kafka, group_id=group.group_id, instance_id=group.instance_id)
    source = KafkaSource(member, [group.topic], prober=Prober(lambda: look(settings.kafka)), telemetry=telemetry)
    resources.callback(source.close)
    return source


def _stages(
    settings: ConsumerSettings,
    *,
    encoders: Encoders,
    decoder: PictureDecoder,
    client: Elasticsearch,
    telemetry: Telemetry,
    resources: ExitStack,
) -> Stages:
    dead_letters = KafkaDeadLetters(settings.kafka, DEAD_LETTERS)
    resources.callback(dead_letters.close)
    return Stages(
        encoders=encoders,
        decoder=decoder,
        fetcher=_fetcher(settings, resources),
        writer=BulkWriter(client, settings.index.write_alias),
        dead_letters=dead_letters,
        limits=_stage_limits(settings),
        telemetry=telemetry,
    )


def _fetcher(settings: ConsumerSettings, resources: ExitStack) -> Fetcher:
    fetch, max_bytes = settings.fetch, settings.limits.max_bytes
    web = WebFetcher(
        GuardedBackend(fetch.private_hosts),
        WebLimits(
            max_bytes=max_bytes, timeout_s=fetch.timeout_s, redirects=fetch.redirects, connections=fetch.threads * 2
        ),
        ca_file=str(fetch.ca_certs) if fetch.ca_certs else None,
    )
    resources.callback(web.close)
    return FetcherByScheme({"file": FileFetcher(fetch.roots, max_bytes=max_bytes), "http": web, "https": web})


def _stage_limits(settings: ConsumerSettings) -> StageLimits:
    group = settings.consumer
    waits = tuple(FIRST_MISSING_WAIT_S * 2**number for number in range(settings.fetch.missing_tries - 1))
    return StageLimits(
        pictures=PictureLimits(
            fetch_threads=settings.fetch.threads,
            decode_threads=group.decode_threads or os.cpu_count() or 1,
            missing_waits_s=waits,
        ),
        fetched_bytes=group.fetched_mib * MEBIBYTE,
        prepared_bytes=group.prepared_mib * MEBIBYTE,
        encode_batch=group.encode_batch,
        bulk_bytes=group.bulk_mib * MEBIBYTE,
        bulks=group.bulks,
    )


def _consumer_limits(settings: ConsumerSettings) -> ConsumerLimits:
    group = settings.consumer
    return ConsumerLimits(
        events=group.events,
        event_bytes=group.event_mib * MEBIBYTE,
        commit_interval_s=group.commit_interval_s,
        grace_s=group.grace_s,
    )


def _watch(
    settings: ConsumerSettings,
    consumer: Consumer,
    telemetry: Telemetry,
    on_stall: Callable[[float], None] | None,
    resources: ExitStack,
) -> None:
    stall_s = settings.consumer.stall_s
    if on_stall is not None:
        watchdog = Watchdog(consumer.idle_s, stall_s, on_stall)
        watchdog.start()
        resources.callback(watchdog.close)
    if settings.health.enabled:
        health = HealthServer(
            settings.health.host,
            settings.health.port,
            idle_s=consumer.idle_s,
            limit_s=stall_s,
            registry=telemetry.registry,
        )
        health.start()
        resources.callback(health.close)
        telemetry.note("health server answers", host=settings.health.host, port=health.port)
