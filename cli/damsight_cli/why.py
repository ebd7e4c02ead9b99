"""`damsight why`: tells where an asset is, and why."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated

import typer


def command(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="The asset's id, as its events name it.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Tell where an asset is, and why: indexed, waiting, tried again, dead-lettered, or unknown.

    The first line is the conclusion; what it rests on follows. Read are the document, with the vectors it has; what
    the consumers have not committed yet in the live, backfill and retry topics; and all dead letters. The exit code is
    1 where nothing at all is known of the asset. Settings: DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS,
    DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS, DAMSIGHT_CONSUMER__GROUP_ID.

    Examples: damsight why asset-42 · damsight why asset-42 --json
    """
    from pydantic import TypeAdapter, ValidationError

    from damsight_cli.reconcile import faults_told
    from damsight_cli.reconcile_progress import told
    from damsight_cli.why_report import as_data, report_lines
    from damsight_consumer.settings import load_settings
    from damsight_consumer.whereabouts.conclusion import conclude
    from damsight_consumer.whereabouts.looking import look_for
    from damsight_schemas.asset import AssetId

    try:
        TypeAdapter(AssetId).validate_python(asset)
    except ValidationError as error:
        raise typer.BadParameter(
            f"ASSET {asset!r}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
        ) from error
    with faults_told("damsight why"), nullcontext(_silent) if as_json else told() as on_progress:
        seen = look_for(asset, load_settings(), on_progress)
    now = datetime.now(UTC)
    conclusion = conclude(seen, now=now)
    if as_json:
        typer.echo(json.dumps(as_data(seen, conclusion), indent=2))
    else:
        for line in report_lines(seen, conclusion, now=now):
            typer.echo(line)
    if not conclusion.is_known:
        raise typer.Exit(1)


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""
