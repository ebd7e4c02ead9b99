"""`damsight reconcile`: compares the DAM's list of its assets with the index, and repairs what an event can mend."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from damsight_consumer.reconcile.comparison import Moment, OnProgress
    from damsight_consumer.reconcile.lines import BadEntry, GoodEntry
    from damsight_consumer.reconcile.run import Options

BLOCK = 1024 * 1024


def command(
    catalogue: Annotated[
        Path | None,
        typer.Argument(metavar="LIST.jsonl", help="The DAM's list, an asset a line.", exists=True, dir_okay=False),
    ] = None,
    *,
    host: Annotated[str | None, typer.Option("--host", help="Take the list from this host adapter.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="The list is of this event source: what others told is no orphan."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="When the list began to be made, RFC 3339.",
            show_default="the file's time; with --host, now",
        ),
    ] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Send the events that mend what an event can mend.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Send them to the live topic, not to the backfill one.")] = False,
    delete_orphans: Annotated[
        bool, typer.Option("--delete-orphans", help="With --repair: delete what is not in the list.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Even where the list is empty, or more than half of the index would go.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the repairs are in the index.")] = True,
    still_s: Annotated[
        float, typer.Option("--still", help="Wait no longer when nothing moved for so many seconds.", min=1)
    ] = 120.0,
    limit: Annotated[
        int, typer.Option("--limit", help="Rows of each kind that are printed; 0 prints all.", min=0)
    ] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Compare the DAM's list of its assets with the index, asset by asset.

    It tells which are missing, stale, orphaned, incomplete, or dead-lettered, and whose rights differ. A line of the
    list: {"asset_id": ..., "revision": ..., "acl_hash": ...} or a whole asset as damsight publish takes it (media,
    metadata, acl). acl_hash is the SHA-256 of the principals, each once, sorted, joined by newlines; without it (or
    acl) rights are not compared. The exit code is 0 only where all agree at the end.

    --repair sends an event for what is missing, stale or incomplete and whole in the list. Rights that differ at the
    same revision are beyond it: the index takes no event of a revision that it holds, so the DAM must save such an
    asset anew, at a greater revision. Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS,
    DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS.

    Examples: damsight reconcile list.jsonl · damsight reconcile list.jsonl --repair ·
    damsight reconcile --host wagtail --json · damsight reconcile list.jsonl --source /dams/press --repair
    --delete-orphans
    """
    from damsight_consumer.reconcile.run import Options

    if (catalogue is None) == (host is None):
        raise typer.BadParameter("give LIST.jsonl, or --host NAME: one of them")
    if (live or delete_orphans) and not repair:
        raise typer.BadParameter("--live and --delete-orphans go with --repair")
    options = Options(
        moment=_moment(catalogue, as_of),
        source=source,
        limit=limit,
        repair=repair,
        delete_orphans=delete_orphans,
        sure=yes,
    )
    with faults_told("damsight reconcile"):
        agree = _run(catalogue, host, options, live=live, still_s=still_s if wait else None, as_json=as_json)
    if not agree:
        raise typer.Exit(1)


@contextmanager
def faults_told(name: str) -> Iterator[None]:
    """Print an error of ours in one line and exit: 2 for a wrong setting, 1 for the rest.

    Args:
        name: Of the command, to begin the line with.
    """
    from damsight_consumer.errors import ConsumerError, SettingsError

    try:
        yield
    except ConsumerError as error:
        typer.echo(f"{name}: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, SettingsError) else 1) from error


def _run(
    catalogue: Path | None, host: str | None, options: "Options", *, live: bool, still_s: float | None, as_json: bool
) -> bool:
    from damsight_cli.reconcile_report import as_data, repair_lines, report_lines
    from damsight_consumer.reconcile.run import reconciliation
    from damsight_consumer.settings import load_settings

    settings = load_settings()
    repaired = None
    with _progress(plain=as_json) as on_progress, reconciliation(settings, options, on_progress) as run:
        report = run.compare(_entries(catalogue, host), total=_count(catalogue))
        if not as_json:
            _print(report_lines(report, options, catalogue=str(catalogue or f"--host {host}")))
        if options.repair:
            from damsight_cli.reconcile_repair import repaired as send

            repaired = send(run, report, settings, live=live, still_s=still_s, on_progress=on_progress)
    if as_json:
        typer.echo(json.dumps(as_data(report, repaired), indent=2))
    elif repaired is not None:
        _print(repair_lines(repaired))
    mended = repaired.mended if repaired else 0
    return report.bad_count == 0 and report.trouble == mended


def _entries(catalogue: Path | None, host: str | None) -> "Iterator[GoodEntry | BadEntry]":
    from damsight_consumer.reconcile.hosts import entries_of_host
    from damsight_consumer.reconcile.lines import entries_of

    return entries_of_host(host or "") if catalogue is None else entries_of(catalogue)


def _moment(catalogue: Path | None, as_of: str | None) -> "Moment":
    from damsight_consumer.reconcile.comparison import Moment

    if as_of is not None:
        try:
            told = datetime.fromisoformat(as_of)
        except ValueError as error:
            raise typer.BadParameter(f"--as-of takes a time as in 2026-11-21T08:00:00Z (given: {as_of})") from error
        if told.tzinfo is None:
            raise typer.BadParameter(f"--as-of takes a time with its zone, as in {as_of}Z or {as_of}+01:00")
        return Moment(int(told.timestamp() * 1000), is_told=True)
    if catalogue is None:
        return Moment(time.time_ns() // 1_000_000, is_told=True)
    return Moment(catalogue.stat().st_mtime_ns // 1_000_000, is_told=False)


def _count(catalogue: Path | None) -> int:
    if catalogue is None:
        return 0
    with catalogue.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b""))


def _progress(*, plain: bool) -> "AbstractContextManager[OnProgress]":
    from damsight_cli.reconcile_progress import told

    return nullcontext(_silent) if plain else told()


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def _print(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line)
