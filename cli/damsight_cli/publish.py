"""`damsight publish`: a folder or a JSONL file becomes asset events."""

import json
import signal
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from damsight_publisher import PublishOptions, PublishReport
    from damsight_publisher.records import OnProgress
    from damsight_publisher.settings import PublisherSettings

MOST_SHOWN = 20
INTERRUPTED = 130


def command(
    what: Annotated[
        Path, typer.Argument(metavar="FOLDER_OR_JSONL", help="A folder of media, or a file with an asset a line.")
    ],
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and publish each change in the folder.")] = False,
    source: Annotated[
        str | None,
        typer.Option(help="Name of the collection; ids are made of it.", show_default="the folder's name and a digest"),
    ] = None,
    acl: Annotated[
        list[str] | None,
        typer.Option(help="Who may see them: public, user:NAME or group:NAME; again for more.", show_default="public"),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the metadata, as in en or pt-BR.")] = "",
    zone: Annotated[
        str | None,
        typer.Option(help="Zone of times that have none, as in Europe/Berlin.", show_default="this computer's"),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Address below which the folder's files are read.", show_default="file://")
    ] = None,
    gps: Annotated[bool, typer.Option("--gps", help="Publish where pictures were taken, too.")] = False,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Publish to the topic that yields to live events.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Publish what is unchanged, too.")] = False,
    delete_missing: Annotated[
        bool | None,
        typer.Option(
            "--delete-missing/--keep-missing",
            help="Publish a deletion for what is gone since the last run.",
            show_default="a folder: delete, unless more than half is gone; a file: keep",
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="Where it is noted what was published.", show_default="the user's data folder"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be published; send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Publish a folder's media, or the assets of a JSONL file, as events to Kafka.

    A second run publishes only what is new, changed or gone. Titles, captions, keywords and times come from XMP,
    IPTC and EXIF; places only with --gps. DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS says where Kafka is.

    A line of a JSONL file: {"asset_id": ..., "revision": ..., "media": {"uri": an address, or a path from the file's
    folder}, "metadata": {...}, "acl": [...]}; or {"asset_id": ..., "deleted": true}.

    Examples: damsight publish ~/Pictures · damsight publish ~/Pictures --watch --acl group:press ·
    damsight publish assets.jsonl --backfill · damsight publish ~/Pictures --dry-run --json
    """
    from damsight_publisher import PublishError, PublishOptions, load_settings
    from damsight_publisher.errors import SettingsError

    options = PublishOptions(
        source=source,
        acl=tuple(acl) if acl else ("public",),
        language=language,
        gps=gps,
        zone=zone,
        base_url=base_url,
        backfill=backfill,
        again=again,
        delete_missing=delete_missing,
        dry_run=dry_run,
    )
    try:
        settings = load_settings()
        if journal is not None:
            settings = load_settings(publish=settings.publish.model_copy(update={"journal": journal}))
        report = _publish(what, options, settings, watch=watch, plain=as_json)
    except SettingsError as error:
        typer.echo(f"damsight publish: {error}", err=True)
        raise typer.Exit(2) from error
    except PublishError as error:
        typer.echo(f"damsight publish: {error}", err=True)
        raise typer.Exit(1) from error
    _tell(report, options, as_json=as_json)
    if report.interrupted and not watch:
        raise typer.Exit(INTERRUPTED)
    if report.problems:
        raise typer.Exit(1)


def _publish(
    what: Path, options: "PublishOptions", settings: "PublisherSettings", *, watch: bool, plain: bool
) -> "PublishReport":
    from damsight_publisher import publish_folder, publish_jsonl, watch_folder
    from damsight_publisher.errors import SettingsError, SourceError

    if not what.exists():
        raise SourceError(f"{what} is not there. Name a folder, or a JSONL file.")
    if watch and (not what.is_dir() or options.dry_run):
        raise SettingsError("--watch takes a folder, and no --dry-run")
    with _progress(plain=plain) as on_progress:
        if watch:
            return watch_folder(what, options, stop=_stop_on_sigterm(), settings=settings, on_progress=on_progress)
        publish = publish_folder if what.is_dir() else publish_jsonl
        return publish(what, options, settings=settings, on_progress=on_progress)


def _stop_on_sigterm() -> threading.Event:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    return stop


def _progress(*, plain: bool) -> "AbstractContextManager[OnProgress]":
    from damsight_cli.publish_progress import told
    from damsight_publisher.records import silent

    return nullcontext(silent) if plain else told()


def _tell(report: "PublishReport", options: "PublishOptions", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_data(report)))
        return
    for name, remarks in (("left out", report.notes), ("failed", report.problems)):
        for remark in remarks[:MOST_SHOWN]:
            typer.echo(f"{name}: {remark}", err=True)
        if len(remarks) > MOST_SHOWN:
            typer.echo(f"{name}: {len(remarks) - MOST_SHOWN:,} more; --json tells them", err=True)
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in report.counts.items() if count) or "nothing found"
    would = "would be published" if options.dry_run else "published"
    typer.echo(f"{would} to {report.topic} as source {report.source}: {counts}")


def _as_data(report: "PublishReport") -> dict[str, Any]:
    return {**asdict(report), "published": report.published}
