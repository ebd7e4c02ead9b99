"""`damsight index calibrate`: what the scores of unrelated assets are, so that relevance can be told."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from damsight_cli.search_faults import faults_told

if TYPE_CHECKING:
    from damsight_search.relevance.calibration import Calibration

EPILOG = (
    "Examples: [bold]damsight index calibrate[/] · [bold]damsight index calibrate --sample 4096 --json[/] · "
    "[bold]damsight index calibrate --if-outgrown[/]"
)


def command(
    sample: Annotated[
        int, typer.Option("--sample", help="Assets to draw for each vector field.", min=100, max=10_000)
    ] = 1024,
    seed: Annotated[int, typer.Option(help="Of the draw: the same seed draws the same assets of the same index.")] = 1,
    if_outgrown: Annotated[
        bool, typer.Option("--if-outgrown", help="Only where there is no calibration yet, or the index grew by half.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Sample the live index and keep what unrelated assets score, for relevance, fusion and the cut-off.

    `damsight serve` does it by itself for a new index and again when it grew by half; searches read the newest within
    half a minute. Without one they fuse ranks and cut nothing off.

    Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS, DAMSIGHT_MODELS__JOINT, __CAPTION or __URL.
    """
    from damsight_cli.reconcile_progress import told
    from damsight_encoders.decode import FileDecoder
    from damsight_encoders.load import load_encoders
    from damsight_index import connect
    from damsight_index.stored_records import ElasticsearchOwnRecords
    from damsight_search.index import ElasticsearchIndex
    from damsight_search.kept_records import KeptRecords
    from damsight_search.relevance.calibrating import Calibrator
    from damsight_search.settings import load_settings
    from damsight_search.vectors.query_encoder import EncodersForQueries

    with faults_told("damsight index calibrate"):
        settings = load_settings()
        client = connect(settings.elasticsearch)
        try:
            # What describes, reads and fuses assets is not asked for queries.
            models = settings.models.model_copy(update={"captioner": None, "ocr": (), "fuse": None})
            encoders = EncodersForQueries(load_encoders(models), FileDecoder(settings.limits))
            index = ElasticsearchIndex(client, settings.index.alias)
            records = KeptRecords(ElasticsearchOwnRecords(client, settings.index.alias))
            calibrator = Calibrator(index, encoders, records)
            if if_outgrown and calibrator.outgrown() is None:
                typer.echo(
                    json.dumps(None) if as_json else "The calibration there is still fits, or the index is small."
                )
                return
            with told() as on_progress:
                made = calibrator.calibrate(sampled=sample, seed=seed, on_progress=on_progress)
        finally:
            client.close()
    _tell(made, as_json=as_json)


def _tell(made: "Calibration", *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    rows: list[dict[str, Any]] = [
        {
            "leg": leg,
            "queries": mode,
            "assets": one.population,
            "sampled": len(one.reference.starts),
            "mean": round(background.mean, 4),
            "spread": round(background.spread, 4),
            "stretch": round(background.stretch, 3),
        }
        for leg, one in made.legs.items()
        for mode, background in one.backgrounds.items()
    ]
    if as_json:
        typer.echo(json.dumps({"generation": made.generation, "assets": made.assets, "backgrounds": rows}, indent=2))
        return
    table = Table(box=None, pad_edge=False, title=f"{made.generation}: {made.assets:,} assets", title_justify="left")
    for heading in rows[0] if rows else ():
        table.add_column(heading, justify="left" if heading in ("leg", "queries") else "right")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
    Console().print(table)
