"""What runs the tests side by side loses no output, no failure and no interrupt."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "side_by_side.py"


def start(*commands: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *commands], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.mark.parametrize(
    ("codes", "worst"), [((0, 0, 0), 0), ((0, 3, 0), 3), ((0, 0, 7), 7), ((4, 0, 0), 4), ((5, 6, 0), 5)]
)
def test_a_failure_of_any_command_fails_the_whole(codes: tuple[int, ...], worst: int) -> None:
    """The first exit status that is not 0, whichever command's it is."""
    process = start(*(f"exit {code}" for code in codes))
    process.communicate(timeout=120)
    assert process.returncode == worst


def test_a_command_that_is_killed_fails_the_whole() -> None:
    """A process that ran out of memory is no success: 128 and the signal, as a shell has it."""
    process = start("exit 0", "kill -9 $$")
    process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGKILL


def test_they_run_at_once_and_print_one_after_the_other(tmp_path: Path) -> None:
    """Each waits for the other here, so in turn neither would end; the lines of one stay together, errors too."""
    os.mkfifo(tmp_path / "meet")
    process = start(
        f"echo first; echo there >'{tmp_path}/meet'; echo last", f"echo a; cat '{tmp_path}/meet' >&2; echo b"
    )
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    lines = [line for line in printed.splitlines() if line and not line.startswith("====")]
    assert lines == ["first", "last", "a", "there", "b"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_reaches_every_command(number: signal.Signals) -> None:
    """Ctrl-C in a terminal, which signals the group, and a SIGTERM for the program alone both end every command."""
    waits = "import signal; print('waits', flush=True); signal.pause()"
    process = start(f'exec "{sys.executable}" -c "{waits}"', f'exec "{sys.executable}" -c "{waits}"')
    assert process.stdout is not None
    assert process.stdout.readline() == "waits\n"
    (process.send_signal if number == signal.SIGTERM else lambda sent: os.killpg(process.pid, sent))(number)
    process.communicate(timeout=120)
    assert process.returncode in (1, 128 + number)


def test_both_lanes_run_every_test_once() -> None:
    """What `make test` runs side by side is pyproject's testpaths, each in one lane."""
    told = dict(re.findall(r"^(COMPUTING|WAITING) := (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    lanes = [*told["COMPUTING"].split(), *told["WAITING"].split()]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert sorted(lanes) == sorted(settings["testpaths"])
