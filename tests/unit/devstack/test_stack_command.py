import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from damsight_cli.stack import app
from damsight_cli.stack_progress import told
from damsight_devstack import StackProgress


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_each_command_helps_with_examples(runner: CliRunner, command: str) -> None:
    """--help of each command shows how it is called."""
    shown = runner.invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"damsight stack {command}" in shown.output


def test_status_of_nothing_is_1(runner: CliRunner, tmp_path: Path) -> None:
    """Where no stack runs, status exits with 1 and says so, also as JSON."""
    assert runner.invoke(app, ["status", "--folder", str(tmp_path)]).exit_code == 1
    shown = runner.invoke(app, ["status", "--folder", str(tmp_path), "--json"])
    assert shown.exit_code == 1
    assert json.loads(shown.stdout) == {
        "folder": str(tmp_path),
        "kafka": "stopped",
        "elasticsearch": "stopped",
        "owned": False,
        "stack": None,
    }


def test_down_of_nothing_is_done(runner: CliRunner, tmp_path: Path) -> None:
    """Stopping what does not run is no failure."""
    shown = runner.invoke(app, ["down", "--folder", str(tmp_path)])
    assert (shown.exit_code, shown.stdout) == (0, f"No stack runs in {tmp_path}.\n")


def test_wrong_usage_is_2(runner: CliRunner) -> None:
    """An unknown option exits with 2."""
    assert runner.invoke(app, ["up", "--nonsense"]).exit_code == 2


def test_a_fault_is_1_and_one_message(runner: CliRunner, tmp_path: Path) -> None:
    """A fault of the stack exits with 1 and prints its message, without a traceback."""
    (tmp_path / "file").write_bytes(b"")
    shown = runner.invoke(app, ["up", "--folder", str(tmp_path / "file" / "stack")])
    assert shown.exit_code == 1
    assert shown.stderr.startswith("damsight stack: The folder")
    assert "Traceback" not in shown.output


def test_a_wrong_setting_is_told_by_the_command(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting of a wrong value fails the command with the setting's name."""
    monkeypatch.setenv("DAMSIGHT_STACK__KAFKA_PORT", "no")
    shown = runner.invoke(app, ["status"])
    assert shown.exit_code == 1
    assert "DAMSIGHT_STACK__KAFKA_PORT='no'" in shown.stderr


def test_without_a_terminal_a_download_is_five_lines() -> None:
    """Into a file, a download of a hundred steps prints a line per quarter, and each other step one line."""
    console = Console(file=None, force_terminal=False, width=80)
    with console.capture() as captured, told(console) as on_progress:
        on_progress(StackProgress("note", "a note"))
        for percent in range(101):
            on_progress(StackProgress("download", "Fetching", percent * 10**6, 10**8))
    lines = captured.get().splitlines()
    assert lines[0] == "a note"
    assert lines[1:] == [f"Fetching: {mb} of 100 MB" for mb in (0, 25, 50, 75, 100)]


def test_on_a_terminal_a_download_is_a_bar() -> None:
    """On a terminal the bytes move a bar, and other steps print above it."""
    console = Console(force_terminal=True, width=80)
    with console.capture() as captured, told(console) as on_progress:
        on_progress(StackProgress("download", "Fetching", 50, 100))
        on_progress(StackProgress("ready", "kafka is ready"))
    assert "kafka is ready" in captured.get()
    assert "Fetching" in captured.get()
