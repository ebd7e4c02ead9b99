"""The command `damsight`: puts the commands together; each imports what it needs when it runs."""

import importlib
import sys
from importlib.metadata import version
from typing import Annotated, Any

import structlog
import typer
import typer.main
from rich.console import Console
from typer.core import TyperGroup

SETTINGS: dict[str, Any] = {
    "no_args_is_help": True,
    "rich_markup_mode": "rich",
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
GROUPS = {
    "stack": "damsight_cli.stack",
    "index": "damsight_cli.index",
    "dead-letters": "damsight_cli.dead_letters",
}
COMMANDS = {
    "demo": "damsight_cli.demo",
    "publish": "damsight_cli.publish",
    "consume": "damsight_cli.consume",
    "serve": "damsight_cli.serve",
    "encode-serve": "damsight_cli.encode_serve",
    "search": "damsight_cli.search",
    "eval": "damsight_cli.eval",
    "duplicates": "damsight_cli.duplicates",
    "tags": "damsight_cli.tags",
    "reconcile": "damsight_cli.reconcile",
    "why": "damsight_cli.why",
    "doctor": "damsight_cli.doctor",
}


class LazyCommands(TyperGroup):
    """Imports a command's module when the command is used, so that none waits for another's imports."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  the signature is click's
        """Return the names in the order of a newcomer's way."""
        return [*COMMANDS, *GROUPS]

    # typer keeps click to itself, so its types have no public name.
    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  as above
        """Return the command of a name, or None where there is none."""
        if cmd_name not in GROUPS and cmd_name not in COMMANDS:
            return None
        try:
            module = importlib.import_module(GROUPS.get(cmd_name) or COMMANDS[cmd_name])
        except ModuleNotFoundError as missing:
            return _not_installed(cmd_name, missing)
        if cmd_name in GROUPS:
            group = typer.main.get_command(module.app)
            group.name = cmd_name
            return group
        one = typer.Typer(**{**SETTINGS, "no_args_is_help": False})
        one.command(cmd_name)(module.command)
        return typer.main.get_command(one)


def _not_installed(name: str, missing: ModuleNotFoundError) -> Any:
    """A command whose part of damsight is not installed: it is listed, and says what to do."""

    def command() -> None:
        raise missing

    one = typer.Typer(**{**SETTINGS, "no_args_is_help": False})
    allowed = {"ignore_unknown_options": True, "allow_extra_args": True}
    one.command(name, help=f"(not installed here: {missing.name})", context_settings=allowed)(command)
    return typer.main.get_command(one)


app = typer.Typer(
    name="damsight", cls=LazyCommands, help="Search that sees, inside your media asset manager.", **SETTINGS
)


def _print_version(*, asked: bool) -> None:
    if asked:
        sys.stdout.write(f"damsight {version('damsight')}\n")
        raise typer.Exit


@app.callback()
def _options(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=lambda asked: _print_version(asked=asked)
        ),
    ] = False,
) -> None:
    """Search that sees, inside your media asset manager."""


def log_to_stderr() -> None:
    """Send what the parts log to stderr, unless a command sends it elsewhere: stdout stays data."""
    # Asked for at each line: who runs a command in a test has a stderr of their own.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def main() -> None:
    """Run the command line; exit codes are 0 done, 1 failed, 2 wrong usage."""
    log_to_stderr()
    try:
        app()
    except ModuleNotFoundError as missing:
        # Each image and each pip extra holds a part of damsight; a fault of ours would name one of our own modules.
        if (missing.name or "").startswith("damsight"):
            raise
        what = f"this needs the package {missing.name}, which is not installed"
        Console(stderr=True).print(f"damsight: {what}. `damsight doctor` tells which part brings it.", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("stopped")
        sys.exit(130)


if __name__ == "__main__":
    main()
