"""`damsight doctor`: looks at everything that damsight needs, and tells what to do."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from damsight_cli.examination.finding import Finding

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def command(
    *,
    load: Annotated[bool, typer.Option("--load", help="Load the models too, which takes a while.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Look at Java, servers, topics, index, codecs, models, GPU and disk; the exit code is 1 where something fails.

    It reads the same settings as the other commands. What is not there and was not asked for is a warning; what was
    asked for and is not met fails. Nothing is changed or downloaded.

    Examples: damsight doctor · damsight doctor --load · damsight doctor --json
    """
    from damsight_cli.examination.whole import examine

    findings: list[Finding] = []
    console = Console(highlight=False, soft_wrap=True)
    for finding in examine(load=load):
        findings.append(finding)
        if not as_json:
            _print(console, finding)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    if any(finding.verdict == "fail" for finding in findings):
        raise typer.Exit(1)


def _print(console: Console, finding: "Finding") -> None:
    colour = COLOURS[finding.verdict]
    console.print(f"[{colour}]{finding.verdict:<5}[/] [bold]{finding.check}[/]: {escape(finding.found)}")
    if finding.advice:
        console.print(f"      to do: {escape(finding.advice)}")
