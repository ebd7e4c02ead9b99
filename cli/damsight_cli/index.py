"""`damsight index`: the index's generations."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from damsight_cli import calibrate
from damsight_cli.search_faults import faults_told

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

    from damsight_index import Generation
    from damsight_schemas.space import IndexSpaces, Space
    from damsight_search.settings import SearchSettings

app = typer.Typer(
    help="The index in Elasticsearch: its generations, and which of them is live.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.command("calibrate", epilog=calibrate.EPILOG)(calibrate.command)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_ENVIRONMENT = "Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS."


@app.command(
    epilog="Examples: [bold]damsight index create[/] · [bold]damsight index create --generation[/] · "
    "[bold]damsight index create --without-vectors[/]"
)
def create(
    generation: Annotated[
        bool, typer.Option("--generation", help="Create the next generation beside the live one, for other models.")
    ] = False,
    without_vectors: Annotated[
        bool, typer.Option("--without-vectors", help="For words alone: no model is needed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Create the index for the models that the settings name; safe to repeat.

    Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS, __SHARDS and __REPLICAS, DAMSIGHT_MODELS__JOINT,
    __CAPTION or __URL.
    """
    from damsight_index import create_generation, create_index

    with _connected("damsight index create") as (client, settings):
        spaces = _spaces(settings, without_vectors=without_vectors)
        make = create_generation if generation else create_index
        made = make(client, settings.index, spaces)
    _tell([made], as_json=as_json)
    if generation and not as_json:
        typer.echo(
            f"Fill it with the new models and a Kafka group of its own, which begins with the oldest event:\n"
            f"  DAMSIGHT_INDEX__ALIAS={made.name} DAMSIGHT_CONSUMER__GROUP_ID=damsight-{made.name} "
            f"damsight consume --until-idle 30\n"
            f"Events that Kafka keeps no longer come from the DAM again (`damsight publish --again`). Then switch with "
            f"`damsight index cutover`."
        )


@app.command(
    epilog="Examples: [bold]damsight index status[/] · [bold]damsight index status --json[/]",
    help=f"List the generations: which is live, what they hold, in which spaces. {_ENVIRONMENT}",
)
def status(as_json: JsonOption = False) -> None:
    """List the generations. The exit code is 1 where none is live."""
    from damsight_index import generations

    with _connected("damsight index status") as (client, settings):
        found = generations(client, settings.index)
    _tell(found, as_json=as_json)
    if not any(one.live for one in found):
        if not as_json:
            typer.echo("No generation is live. Create one with `damsight index create`.")
        raise typer.Exit(1)


@app.command(
    epilog="Examples: [bold]damsight index cutover[/] · [bold]damsight index cutover --to assets-000002[/]",
    help=f"Switch both aliases to the newest generation, in one atomic step. {_ENVIRONMENT}",
)
def cutover(
    to: Annotated[str | None, typer.Option("--to", help="The generation; the newest by default.")] = None,
    even_if_smaller: Annotated[
        bool, typer.Option("--even-if-smaller", help="Even where it holds fewer assets than the live one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Switch both aliases."""
    from damsight_index import cutover as switch

    with _connected("damsight index cutover") as (client, settings):
        _tell([switch(client, settings.index, to=to, even_if_smaller=even_if_smaller)], as_json=as_json)


@app.command(
    epilog="Examples: [bold]damsight index rollback[/]",
    help=f"Switch both aliases back to the generation before the live one. {_ENVIRONMENT}",
)
def rollback(as_json: JsonOption = False) -> None:
    """Switch both aliases back."""
    from damsight_index import rollback as switch_back

    with _connected("damsight index rollback") as (client, settings):
        _tell([switch_back(client, settings.index)], as_json=as_json)


@contextmanager
def _connected(command: str) -> Iterator[tuple["Elasticsearch", "SearchSettings"]]:
    from damsight_index import connect
    from damsight_search.settings import load_settings

    with faults_told(command):
        settings = load_settings()
        client = connect(settings.elasticsearch)
        try:
            yield client, settings
        finally:
            client.close()


def _spaces(settings: "SearchSettings", *, without_vectors: bool) -> "IndexSpaces":
    from damsight_encoders.load import load_encoders, spaces_of_encoders
    from damsight_schemas.space import IndexSpaces
    from damsight_search.errors import SettingsError

    if without_vectors:
        return IndexSpaces()
    models = settings.models
    if models.joint is None and models.caption is None and models.url is None:
        raise SettingsError(
            "no model is named, so the vectors' spaces are not known: set DAMSIGHT_MODELS__JOINT and __CAPTION (a hub "
            "id or a folder) or DAMSIGHT_MODELS__URL (an encoder service), or pass --without-vectors"
        )
    return spaces_of_encoders(load_encoders(models))


def _tell(found: "list[Generation]", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
        return
    if not found:
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("generation", "live", "assets", "deleted", "size", "image vectors", "caption vectors"):
        table.add_column(heading, justify="right" if heading in ("assets", "deleted", "size") else "left")
    for one in found:
        live = "live" if one.live and one.writable else "reads" if one.live else "writes" if one.writable else ""
        counts = (f"{one.assets:,}", f"{one.tombstones:,}", f"{one.size_bytes / 1e6:,.1f} MB")
        spaces = (_space(one.spaces.image_vector), _space(one.spaces.caption_vector))
        table.add_row(one.name, live, *counts, *spaces)
    Console().print(table)


def _space(space: "Space | None") -> str:
    return str(space) if space else "-"
