"""Puts the publisher together, and is what others call: a folder, a JSONL file, or a folder that is watched."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from damsight_publisher.errors import BrokerError, SettingsError
from damsight_publisher.folder_run import FolderRun
from damsight_publisher.identity import slug, source_name
from damsight_publisher.journal import Journal
from damsight_publisher.kafka_sink import KafkaSink, prepare_topic
from damsight_publisher.lines_run import publish_lines
from damsight_publisher.metadata.times import known_zone
from damsight_publisher.one_run import one_run
from damsight_publisher.ports import EventSink
from damsight_publisher.publication import Publication
from damsight_publisher.records import (
    Found,
    OnProgress,
    PublishOptions,
    PublishProgress,
    PublishReport,
    silent,
)
from damsight_publisher.settings import PublisherSettings, load_settings
from damsight_publisher.unsent import UnsentSink
from damsight_publisher.watching import Settling, changes
from damsight_schemas import topics
from damsight_schemas.asset import AssetMetadata, Principal

_PRINCIPALS = TypeAdapter(list[Principal])


def publish_folder(
    folder: Path,
    options: PublishOptions | None = None,
    *,
    settings: PublisherSettings | None = None,
    sink: EventSink | None = None,
    on_progress: OnProgress = silent,
) -> PublishReport:
    """Publish a folder's media files: what is new, what changed, and what is gone since the last run.

    Args:
        folder: With its subfolders.
        options: How; see `PublishOptions`.
        settings: From the environment where none are given.
        sink: Where events go; Kafka by the settings where none is given.
        on_progress: Told after each file.

    Raises:
        PublishError: Nothing more can be published; what was acknowledged is noted, and the next run goes on there.
    """
    options, settings = _checked(options), settings or load_settings()
    root = folder.absolute()
    source = options.source or source_name(root)
    with _publication(source, options, settings, sink) as publication:
        run = FolderRun(root, publication, options, threads=settings.publish.threads, on_progress=on_progress)
        with _until_interrupted(publication):
            run.publish_all()
    return publication.report


def publish_jsonl(
    path: Path,
    options: PublishOptions | None = None,
    *,
    settings: PublisherSettings | None = None,
    sink: EventSink | None = None,
    on_progress: OnProgress = silent,
) -> PublishReport:
    """Publish a JSONL file: an asset a line; `media.uri` may be a path relative to the file.

    Args:
        path: The file.
        options: How; see `PublishOptions`.
        settings: From the environment where none are given.
        sink: Where events go; Kafka by the settings where none is given.
        on_progress: Told after each line.

    Raises:
        PublishError: As `publish_folder`.
    """
    options, settings = _checked(options), settings or load_settings()
    source = options.source or source_name(path)
    with _publication(source, options, settings, sink) as publication, _until_interrupted(publication):
        publish_lines(path.absolute(), publication, options, on_progress=on_progress)
    return publication.report


def watch_folder(
    folder: Path,
    options: PublishOptions | None = None,
    *,
    stop: threading.Event,
    settings: PublisherSettings | None = None,
    sink: EventSink | None = None,
    on_progress: OnProgress = silent,
) -> PublishReport:
    """Publish a folder, and then each change in it, until told to stop.

    Where Kafka goes away after the beginning, it is tried again until it is back; then the whole folder is looked at.

    Args:
        folder: With its subfolders.
        options: How; see `PublishOptions`.
        stop: Ends it.
        settings: From the environment where none are given.
        sink: Where events go; Kafka by the settings where none is given.
        on_progress: Told after each file, and with a message after each change.

    Raises:
        PublishError: As `publish_folder`; that Kafka is away only before the beginning, or when told to stop.
    """
    options, settings = _checked(options), settings or load_settings()
    report: PublishReport | None = None
    while True:
        try:
            return _watch(folder, options, settings, sink, report, stop=stop, on_progress=on_progress)
        except BrokerError as error:
            report = error.report or report
            error.report = report
            if report is None or report.interrupted:
                raise
            wait_s = settings.publish.retry_s
            on_progress(PublishProgress("watch", report.published, message=f"tried again in {wait_s:g} s: {error}"))
            if stop.wait(wait_s):
                raise


def _watch(
    folder: Path,
    options: PublishOptions,
    settings: PublisherSettings,
    sink: EventSink | None,
    report: PublishReport | None,
    *,
    stop: threading.Event,
    on_progress: OnProgress,
) -> PublishReport:
    """Watch as long as Kafka is there; what was done before is in the report already."""
    # The kernel tells changes by real paths: below a link they would not be known.
    root = folder.resolve()
    source = options.source or source_name(folder.absolute())
    publish = settings.publish

    settling = Settling(root, publish.settle_s)

    def is_whole(found: Found) -> bool:
        if time.time() - found.modified_s >= publish.settle_s:
            return True
        settling.add([found.relative])
        return False

    with _publication(source, options, settings, sink, report) as publication:
        run = FolderRun(root, publication, options, threads=publish.threads, on_progress=on_progress)
        with _until_interrupted(publication):
            for change in changes(root, settling, stop=stop, rescan_s=publish.rescan_s):
                if change.everything:
                    run.publish_all(is_whole=is_whole)
                else:
                    run.publish_changed(change.relatives)
                publication.settle(wait=True)
                counts = ", ".join(f"{count:,} {name}" for name, count in publication.report.counts.items() if count)
                on_progress(PublishProgress("watch", publication.report.published, message=counts or "nothing yet"))
    return publication.report


@contextmanager
def _publication(
    source: str,
    options: PublishOptions,
    settings: PublisherSettings,
    sink: EventSink | None,
    report: PublishReport | None = None,
) -> Iterator[Publication]:
    topic = topics.BACKFILL if options.backfill else topics.ASSETS
    report = report or PublishReport(source, topic)
    used = sink or _sink(settings, options, topic, report)
    scope = f"{used.scope}/{source}"
    place = None if options.dry_run and not settings.publish.journal.exists() else settings.publish.journal
    try:
        with one_run(None if options.dry_run else place, scope):
            journal = Journal.open(place, scope)
            try:
                yield Publication(
                    sink=used, journal=journal, report=report, again=options.again, dry_run=options.dry_run
                )  # fmt: skip
            finally:
                journal.close()
    finally:
        if sink is None:
            used.close()


@contextmanager
def _until_interrupted(publication: Publication) -> Iterator[None]:
    """Note what Kafka has, however the block ends."""
    try:
        yield
        publication.settle(wait=True)
    except KeyboardInterrupt:
        publication.report.interrupted = True
        publication.settle(wait=True)
    except BrokerError as error:
        with suppress(BrokerError):
            publication.settle()
        error.report = publication.report
        raise


def _sink(settings: PublisherSettings, options: PublishOptions, topic: str, report: PublishReport) -> EventSink:
    publish = settings.publish
    try:
        cluster = prepare_topic(
            settings.kafka,
            topic,
            create=publish.create_topics and not options.dry_run,
            partitions=publish.partitions,
            replication=publish.replication,
        )
    except BrokerError as error:
        if not options.dry_run:
            raise
        report.remark("dry run", f"what is published already is not known: {error}")
        return UnsentSink("")
    if options.dry_run:
        return UnsentSink(f"{cluster}/{topic}")
    return KafkaSink(settings.kafka, topic, cluster, delivery_s=publish.delivery_s)


def _checked(options: PublishOptions | None) -> PublishOptions:
    given = options or PublishOptions()
    try:
        acl = tuple(_PRINCIPALS.validate_python(list(given.acl)))
    except ValidationError as error:
        raise SettingsError(
            f"--acl {', '.join(given.acl)}: takes public, user:NAME or group:NAME, as in --acl group:press"
        ) from error
    try:
        AssetMetadata(language=given.language)
    except ValidationError as error:
        raise SettingsError(f"--language {given.language}: takes a language tag, as in en or pt-BR") from error
    if given.base_url is not None and not given.base_url.startswith(("http://", "https://")):
        raise SettingsError(f"--base-url {given.base_url}: takes an address that begins with http:// or https://")
    if given.zone is not None:
        known_zone(given.zone)
    if given.source is not None and slug(given.source) != given.source:
        raise SettingsError(f"--source {given.source}: takes lower-case letters, digits and hyphens, 60 at most")
    return replace(given, acl=acl)
