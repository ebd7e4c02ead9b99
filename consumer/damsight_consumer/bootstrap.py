"""The wiring: settings in, a consumer out. Whatever is opened here is closed when the consumer ends."""

import os
from collections.abc import Callable
from contextlib import ExitStack

from elasticsearch import Elasticsearch

from damsight_consumer.alert_records import KeptAlerts, KeptStandingSearches
from damsight_consumer.alert_topic import KafkaAlerts
from damsight_consumer.alerting import Alarms, AlertLimits
from damsight_consumer.bulk_size import BulkSize
from damsight_consumer.dead_letters import KafkaDeadLetters
from damsight_consumer.drawing import PreviewDrawing
from damsight_consumer.fetch.addresses import GuardedBackend
from damsight_consumer.fetch.by_scheme import FetcherByScheme
from damsight_consumer.fetch.files import FileFetcher
from damsight_consumer.fetch.web import WebFetcher, WebLimits
from damsight_consumer.fetching import FetchLimits
from damsight_consumer.group import join, look
from damsight_consumer.health import HealthServer
from damsight_consumer.index_guard import IndexGuard
from damsight_consumer.lane import LaneLimits, LaneLoop
from damsight_consumer.pipeline import Consumer
from damsight_consumer.poison import Prober
from damsight_consumer.ports import Blur, Fetcher
from damsight_consumer.preview_store import FilesystemPreviewStore
from damsight_consumer.records import Lane
from damsight_consumer.retries import KafkaRetries
from damsight_consumer.settings import MEBIBYTE, ConsumerSettings
from damsight_consumer.source import KafkaSource
from damsight_consumer.stages import Stages
from damsight_consumer.standing.ports import StoredArrivals
from damsight_consumer.stored import IndexStoredAssets
from damsight_consumer.telemetry import Telemetry
from damsight_consumer.topics import ensure_topics
from damsight_consumer.watchdog import Watchdog
from damsight_consumer.world import KeptPreviews, StageLimits, World
from damsight_consumer.write import BulkWriter, require_index
from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder, IsolationLimits
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_encoders.ports import Encoders, MediaDecoder
from damsight_index.connection import connect
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_schemas.connections import PreviewSettings
from damsight_schemas.space import IndexSpaces
from damsight_schemas.topics import DEAD_LETTERS

# Before looking again for a file that is not there; it doubles each time.
FIRST_MISSING_WAIT_S = 0.2


def build_consumer(
    settings: ConsumerSettings,
    *,
    encoders: Encoders | None = None,
    decoder: MediaDecoder | None = None,
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
    loaded = encoders or load_encoders(settings.models, in_bulk=True)
    resources = ExitStack()
    with ExitStack() as where_it_fails:
        where_it_fails.enter_context(resources)
        client = connect(settings.elasticsearch)
        resources.callback(client.close)
        require_index(client, settings.index.write_alias, spaces_of_encoders(loaded))
        _ensure_topics(settings)
        sources = {lane: _source(settings, lane, telemetry, resources) for lane in settings.consumer.lanes}
        world = _world(
            settings,
            encoders=loaded,
            decoder=decoder,
            client=client,
            resources=resources,
        )
        stages = Stages(
            world, lanes=settings.consumer.lanes, limits=_stage_limits(settings), telemetry=telemetry
        )  # fmt: skip
        lanes = [
            LaneLoop(lane, source=source, stages=stages, telemetry=telemetry, limits=_lane_limits(settings))
            for lane, source in sources.items()
        ]
        consumer = Consumer(lanes=lanes, stages=stages, telemetry=telemetry, resources=resources)
        _watch(settings, consumer, telemetry, on_stall, resources)
        where_it_fails.pop_all()
    return consumer


def _ensure_topics(settings: ConsumerSettings) -> None:
    group = settings.consumer
    if not group.create_topics:
        return
    # Postponed events and dead letters are written whichever lanes are read.
    read = [name for lane in group.lanes for name in topics_of(settings, lane)]
    alerts = [settings.alerts.topic] if settings.alerts.enabled else []
    ensure_topics(
        settings.kafka,
        retries=group.retry_topics,
        names=tuple(dict.fromkeys([*read, *group.retry_topics, DEAD_LETTERS, *alerts])),
        partitions=group.partitions,
        replication=group.replication,
    )


def topics_of(settings: ConsumerSettings, lane: Lane) -> tuple[str, ...]:
    """Return the topics that a lane reads."""
    group = settings.consumer
    return {Lane.LIVE: (group.topic,), Lane.RETRY: group.retry_topics, Lane.BACKFILL: (group.backfill_topic,)}[lane]


def group_of(settings: ConsumerSettings, lane: Lane) -> str:
    """Return the Kafka group that shares a lane's work."""
    group_id = settings.consumer.group_id
    return group_id if lane is Lane.LIVE else f"{group_id}-{lane.value}"


def _source(settings: ConsumerSettings, lane: Lane, telemetry: Telemetry, resources: ExitStack) -> KafkaSource:
    group = settings.consumer
    member = join(
        settings.kafka, group_id=group_of(settings, lane), instance_id=group.instance_id, session_s=group.session_s
    )
    source = KafkaSource(
        member,
        topics_of(settings, lane),
        prober=Prober(lambda: look(settings.kafka)),
        telemetry=telemetry,
        lane=lane,
        events=group.events,
    )
    resources.callback(source.close)
    return source


def _world(
    settings: ConsumerSettings,
    *,
    encoders: Encoders,
    decoder: MediaDecoder | None,
    client: Elasticsearch,
    resources: ExitStack,
) -> World:
    group = settings.consumer
    dead_letters = KafkaDeadLetters(settings.kafka, DEAD_LETTERS)
    resources.callback(dead_letters.close)
    retries = KafkaRetries(settings.kafka, topics=group.retry_topics, delays_s=group.retry_delays_s)
    resources.callback(retries.close)
    limits = IsolationLimits(
        address_space_bytes=group.decode_mib * MEBIBYTE,
        wall_s=group.decode_s,
        answer_bytes=3 * settings.limits.max_pixels,
    )
    # Of a long film less is looked at than has time, before the child is ended for it.
    in_time = min(settings.limits.max_decode_s, group.decode_s / 2)
    hurried = decoder or FileDecoder(settings.limits.model_copy(update={"max_decode_s": in_time}))
    apart = IsolatedDecoder(hurried, limits)
    resources.callback(apart.close)
    alias = settings.index.write_alias
    guard = IndexGuard(client, alias, spaces_of_encoders(encoders))
    stored = IndexStoredAssets(client, alias, guard=guard)
    return World(
        encoders=encoders,
        decoder=decoder or FileDecoder(settings.limits),
        decoder_apart=apart,
        fetcher=_fetcher(settings, resources),
        stored=stored,
        writer=BulkWriter(client, alias, guard=guard, size=BulkSize(group.bulk_mib * MEBIBYTE)),
        retries=retries,
        dead_letters=dead_letters,
        check_index=guard.check,
        previews=_previews(settings.previews),
        alarms=_alarms(settings, client, stored, spaces_of_encoders(encoders), resources),
    )


def _alarms(
    settings: ConsumerSettings, client: Elasticsearch, stored: StoredArrivals, spaces: IndexSpaces, resources: ExitStack
) -> Alarms | None:
    told = settings.alerts
    if not told.enabled:
        return None
    records = ElasticsearchOwnRecords(client, settings.index.alias)
    alerts = KafkaAlerts(settings.kafka, told.topic)
    resources.callback(alerts.close)
    limits = AlertLimits(
        searches=told.searches,
        reload_s=told.reload_s,
        backfill=told.backfill,
        backfill_topic=settings.consumer.backfill_topic,
    )
    return Alarms(KeptStandingSearches(records), KeptAlerts(records), alerts, stored, spaces, limits)


def _previews(settings: PreviewSettings) -> KeptPreviews | None:
    if settings.url is None:
        return None
    drawing = PreviewDrawing(
        thumbnail_px=settings.thumbnail_px,
        preview_px=settings.preview_px,
        blur=_blur(settings) if settings.blur_faces else None,
    )
    longest_px = max(settings.thumbnail_px, settings.preview_px)
    return KeptPreviews(drawing, longest_px, FilesystemPreviewStore(settings.url))


def _blur(settings: PreviewSettings) -> Blur:
    from damsight_encoders.faces import FaceBlur  # noqa: PLC0415 - OpenCV, where it is asked for

    return FaceBlur(settings.face_model).blur


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
        fetch=FetchLimits(
            threads=settings.fetch.threads, held_bytes=group.fetched_mib * MEBIBYTE, missing_waits_s=waits
        ),
        media=settings.limits,
        decode_threads=group.decode_threads or os.cpu_count() or 1,
        prepared_bytes=group.prepared_mib * MEBIBYTE,
        encode_batch=group.encode_batch,
        backfill_step_s=group.backfill_step_ms / 1000,
        later_tries=len(group.retry_topics),
        bulk_bytes=group.bulk_mib * MEBIBYTE,
        bulks=group.bulks,
    )


def _lane_limits(settings: ConsumerSettings) -> LaneLimits:
    group = settings.consumer
    return LaneLimits(
        events=group.events,
        event_bytes=group.event_mib * MEBIBYTE,
        commit_interval_s=group.commit_interval_s,
        grace_s=group.grace_s,
        slow_s=group.slow_s,
        epoch=group.pipeline_epoch,
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
        watchdog = Watchdog(consumer.idle_s, stall_s, on_stall, is_alive=consumer.is_alive)
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
