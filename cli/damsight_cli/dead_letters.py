"""`damsight dead-letters`: what could not be taken: which, why, and again."""

import time
from typing import Annotated, Literal

import typer

from damsight_cli.dead_letters_desk import at_the_desk, wanted_of

app = typer.Typer(
    help="What could not be taken: which assets, why, and again once its cause is mended.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

ErrorOption = Annotated[
    list[str] | None, typer.Option("--class", help="Of this class of error, as in missing; again for more.")
]
StageOption = Annotated[
    list[str] | None, typer.Option("--stage", help="That failed at: read, plan, fetch, decode, encode or write.")
]
AssetOption = Annotated[list[str] | None, typer.Option("--asset", help="Of this asset; again for more.")]
TopicOption = Annotated[list[str] | None, typer.Option("--topic", help="Whose event first lay in this topic.")]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", help="Written since: 2h, 3d, 2026-11-21 or 2026-11-21T08:00 (UTC).", metavar="TIME"),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Written before; as --since.", metavar="TIME")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command(
    name="list",
    epilog="Examples: [bold]damsight dead-letters list --open[/] · [bold]damsight dead-letters list --since 2h "
    "--class missing[/] · [bold]damsight dead-letters list --asset asset-42 --json[/]",
)
def list_letters(
    *,
    errors: ErrorOption = None,
    stages: StageOption = None,
    assets: AssetOption = None,
    topics: TopicOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    only_open: Annotated[
        bool, typer.Option("--open", help="Leave out whose asset was indexed whole or deleted since.")
    ] = False,
    limit: Annotated[
        int, typer.Option(help="List at most so many, the newest; all are counted. 0 lists all.", min=0)
    ] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a letter a line, for programs, and at last the counts.")
    ] = False,
) -> None:
    """List the dead letters, the newest first, with what the index holds of their assets now.

    Settings: DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS, DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS.
    """
    from damsight_cli.dead_letters_report import print_letters

    wanted = wanted_of(
        errors=errors, stages=stages, assets=assets, topics=topics, since=since, until=until, now_s=time.time()
    )
    with at_the_desk("damsight dead-letters list") as desk:
        letters = desk.letters(wanted, values=False)
        states = desk.states(letters, needed=only_open)
    if only_open:
        letters = [letter for letter in letters if not states[letter.id].is_well]
    print_letters(letters, states, limit=limit, as_json=as_json)


@app.command(
    epilog="Examples: [bold]damsight dead-letters show 3-1207[/] · [bold]damsight dead-letters show 3-1207 --json[/]"
)
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As the list tells it: partition-offset.")],
    as_json: JsonOption = False,
) -> None:
    """Show one letter: every header, its event, what the index holds of its asset, and what to do."""
    from damsight_cli.dead_letters_report import print_letter

    with at_the_desk("damsight dead-letters show") as desk:
        letter = desk.letter(letter_id)
        if letter is None:
            typer.echo(f"damsight dead-letters show: there is no letter {letter_id!r}. List them first.", err=True)
            raise typer.Exit(1)
        state = desk.states([letter], needed=False)[letter.id]
    print_letter(letter, state, as_json=as_json)


@app.command(
    epilog="Examples: [bold]damsight dead-letters replay --class missing --since 3d --dry-run[/] · "
    "[bold]damsight dead-letters replay 3-1207 0-88[/] · [bold]damsight dead-letters replay --class too_large "
    "--rate 20 --timeout 3600 --json[/]"
)
def replay(
    *,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Letters; without any, all that the options take.")
    ] = None,
    errors: ErrorOption = None,
    stages: StageOption = None,
    assets: AssetOption = None,
    topics: TopicOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    to: Annotated[
        Literal["live", "backfill"], typer.Option("--to", help="The lane; backfill yields to what happens now.")
    ] = "backfill",
    everything: Annotated[
        bool, typer.Option("--all", help="Even where the index holds that revision or a newer one.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option("--rate", help="At most so many a second.", min=0.01, metavar="N")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be sent; send nothing.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until they ended.")] = False,
    timeout_s: Annotated[
        float, typer.Option("--timeout", help="Wait at most so many seconds.", min=1, metavar="SECONDS")
    ] = 300.0,
    as_json: JsonOption = False,
) -> None:
    """Send the events of letters again, once their cause is mended, and tell how each ended.

    Of several letters of one revision the newest is sent, with the original key, value and headers. What the index
    holds by now is left out. The exit code is 1 where an event did not end well, or could not be sent.
    """
    from damsight_cli.dead_letters_replay import replayed
    from damsight_cli.dead_letters_report import print_dry_run, print_replay

    wanted = wanted_of(
        ids=ids, errors=errors, stages=stages, assets=assets, topics=topics, since=since, until=until,
        now_s=time.time(),
    )  # fmt: skip
    with at_the_desk("damsight dead-letters replay") as desk:
        topic = desk.lane_topic(to)
        selection = desk.selection(wanted, everything=everything)
        if dry_run:
            print_dry_run(selection, topic, as_json=as_json)
            return
        report = replayed(desk, selection, topic, per_s=rate, wait_s=None if no_wait else timeout_s, plain=as_json)
    print_replay(report, as_json=as_json)
    if not report.is_well:
        raise typer.Exit(1)
