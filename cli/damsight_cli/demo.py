"""`damsight demo`: the main job, end to end, on real servers."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    folder: Annotated[
        Path | None,
        typer.Option(help="Your own pictures, in place of the sample library.", exists=True, file_okay=False),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Ingest, run five searches, print what they found, and exit.")
    ] = False,
    port: Annotated[int, typer.Option(help="The page's; a free one where it is taken.", min=0, max=65_535)] = 8080,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="Keep the servers' data in this folder, so that the next time only what is new is ingested.",
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Start a real Kafka and a real Elasticsearch, publish pictures as events, ingest them, and serve the search page.

    Without --folder it takes the sample library: about 1,600 pictograms that come with the project, and its own small
    models. With --folder it takes your pictures and, where the Hugging Face hub can be reached, better models; set
    DAMSIGHT_MODELS__JOINT and DAMSIGHT_MODELS__CAPTION to choose them. Ctrl-C stops everything that was started.

    Examples: damsight demo · damsight demo --once · damsight demo --folder ~/Pictures --keep ~/.damsight-demo
    """
    from rich.console import Console

    from damsight_cli.demonstration.errors import DemoError
    from damsight_cli.demonstration.run import Choices, run
    from damsight_cli.search_faults import faults_told
    from damsight_consumer.errors import ConsumerError
    from damsight_devstack import StackError
    from damsight_publisher import PublishError

    console = Console()
    try:
        with faults_told("damsight demo"):
            found = run(Choices(folder=folder, once=once, port=port, keep=keep), console)
    except (DemoError, StackError, ConsumerError, PublishError) as error:
        typer.echo(f"damsight demo: {error}", err=True)
        raise typer.Exit(1) from error
    if not found:
        raise typer.Exit(1)
