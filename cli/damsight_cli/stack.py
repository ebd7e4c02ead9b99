"""`damsight stack`: the local Kafka and Elasticsearch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from damsight_cli.stack_progress import told
from damsight_devstack import StackError, StackSettings, stack_status, start_stack, stop_stack

app = typer.Typer(
    help="A real Kafka and a real Elasticsearch on this computer, without containers.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        help="Where the servers keep data and logs.",
        show_default="DAMSIGHT_STACK__FOLDER, else the user's data folder",
        file_okay=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command(
    epilog='Examples: [bold]damsight stack up[/] · [bold]eval "$(damsight stack up | grep ^export)"[/] · '
    "[bold]damsight stack up --folder ./stack --json[/]"
)
def up(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Start both servers and leave them running; if they run already, print their addresses."""
    from damsight_cli.stack_report import as_data, environment

    with _faults_told(), told() as on_progress:
        stack = start_stack(_folder(folder), on_progress=on_progress)
    if as_json:
        typer.echo(json.dumps(as_data(stack)))
        return
    typer.echo(f"# Kafka          {stack.kafka_bootstrap}")
    typer.echo(f"# Elasticsearch  {stack.elasticsearch_url}")
    typer.echo(f"# Data and logs  {stack.folder}")
    for name, value in environment(stack).items():
        typer.echo(f"export {name}={value}")


@app.command(epilog="Examples: [bold]damsight stack down[/] · [bold]damsight stack down --folder ./stack[/]")
def down(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Stop both servers; their data stays for the next [bold]up[/]."""
    with _faults_told():
        place = _folder(folder)
        stopped = stop_stack(place)
    if as_json:
        typer.echo(json.dumps({"folder": str(place), "stopped": stopped}))
        return
    typer.echo(f"Stopped the stack in {place}." if stopped else f"No stack runs in {place}.")


@app.command(epilog="Examples: [bold]damsight stack status[/] · [bold]damsight stack status --json[/]")
def status(folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Tell whether both servers answer: exit code 0 if they do, 1 if not."""
    from damsight_cli.stack_report import status_as_data, status_lines

    with _faults_told():
        found = stack_status(_folder(folder))
    if as_json:
        typer.echo(json.dumps(status_as_data(found)))
    else:
        for line in status_lines(found):
            typer.echo(line)
    if found.stack is None:
        raise typer.Exit(1)


def _folder(folder: Path | None) -> Path:

    return (folder or StackSettings.from_environment().folder).absolute()


@contextmanager
def _faults_told() -> Iterator[None]:

    try:
        yield
    except StackError as fault:
        typer.echo(f"damsight stack: {fault}", err=True)
        raise typer.Exit(1) from fault
