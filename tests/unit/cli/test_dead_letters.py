"""damsight dead-letters, as far as it needs no server."""

import json
from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner

from damsight_cli import dead_letters
from damsight_cli.dead_letters_desk import moment_ms
from damsight_cli.dead_letters_report import print_letter, print_letters
from damsight_cli.main import app
from damsight_consumer.letters import Letter, State, letter_of
from damsight_consumer.records import Header, Partition, Receipt, Record

NOW_S = datetime(2026, 11, 21, 8, tzinfo=UTC).timestamp()
RUNNER = CliRunner()


def hostile() -> Letter:
    headers: tuple[Header, ...] = (
        ("damsight-error", b"\x1b[31mred"),
        ("damsight-message", b"\x1b]0;title\x07 [bold]x[/] \xff"),
        ("damsight-asset-id", "\u202eas".encode()),
        ("damsight-revision", b"-1"),
        ("damsight-attempts", b"9" * 400),
        ("\x1b[2J", b"\x00"),
    )
    return letter_of(Record(Receipt(Partition("dead", 0), 5, 0), 2**62, b"\xff", b"\x1b[2J{", headers))


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("90s", "2026-11-21T07:58:30+00:00"),
        ("15m", "2026-11-21T07:45:00+00:00"),
        ("2h", "2026-11-21T06:00:00+00:00"),
        ("3d", "2026-11-18T08:00:00+00:00"),
        ("1w", "2026-11-14T08:00:00+00:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T10:00", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20T10:00:00+02:00", "2026-11-20T08:00:00+00:00"),
    ],
)
def test_times_as_people_type_them(typed: str, at: str) -> None:
    """How long ago, or when; without a zone it is UTC."""
    assert moment_ms(typed, NOW_S) == datetime.fromisoformat(at).timestamp() * 1000


@pytest.mark.parametrize("typed", ["", "h", "2 hours", "yesterday", "-2h", "2026-13-01", "٢h"])
def test_what_is_no_time_is_told(typed: str) -> None:
    """With what is taken."""
    with pytest.raises(typer.BadParameter, match="2h or 3d"):
        moment_ms(typed, NOW_S)


@pytest.mark.parametrize(
    "given",
    [["list", "--since", "yesterday"], ["list", "--stage", "cooking"], ["replay", "--to", "retry"], ["show"]],
)
def test_wrong_usage_is_told_before_anything_is_asked(given: list[str]) -> None:
    """Exit code 2, with no server there."""
    environment = {"DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    assert RUNNER.invoke(dead_letters.app, given, env=environment).exit_code == 2


@pytest.mark.parametrize("given", [["list"], ["show", "0-1"], ["replay"]])
def test_a_kafka_that_is_not_there_is_told(given: list[str]) -> None:
    """At once, in one line with its address and the setting; exit code 1."""
    environment = {"DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    done = RUNNER.invoke(dead_letters.app, given, env=environment)
    assert done.exit_code == 1
    assert "127.0.0.1:9" in done.stderr
    assert "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_setting_is_named() -> None:
    """As for every command: exit code 2."""
    done = RUNNER.invoke(dead_letters.app, ["list"], env={"DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": "nowhere"})
    assert done.exit_code == 2
    assert "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS" in done.stderr


def test_help_shows_examples() -> None:
    """Each of the three, through the one command line."""
    for name in ("list", "show", "replay"):
        done = RUNNER.invoke(app, ["dead-letters", name, "--help"])
        assert done.exit_code == 0
        assert "Examples" in done.output


def test_no_letter_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes, controls and marks of direction are shown as what they are; nothing in it is markup."""
    letter = hostile()
    states = {letter.id: State.UNKNOWN}
    print_letters([letter], states, limit=0, as_json=False)
    print_letter(letter, State.UNKNOWN, as_json=False)
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e", "\x00"} & set(shown)
    assert "\\x1b[2J" in shown
    assert "[bold]x[/]" in shown


def test_json_of_a_hostile_letter_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    """A line a letter, then the counts."""
    letter = hostile()
    print_letters([letter, letter], {letter.id: State.UNKNOWN}, limit=1, as_json=True)
    print_letter(letter, State.UNKNOWN, as_json=True)
    listed, counts, shown = capsys.readouterr().out.split("\n", 2)
    assert json.loads(listed)["id"] == "0-5"
    assert json.loads(counts) == {"letters": 2, "listed": 1, "classes": {"\x1b[31mred": 2}}
    assert len(json.loads(shown)["headers"]) == 6
