"""The child of an isolated decoder ends with its owner, however that one ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

TESTS = Path(__file__).parents[2]
PATIENCE_S = 120


@contextmanager
def owner(word: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run a program whose child is busy with a word; yields it and its child's process id."""
    program = subprocess.Popen(
        [sys.executable, "-c", "from drivers.fatal_decoders import own_one; own_one()", word],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout is not None
    try:
        yield program, int(program.stdout.readline())
    finally:
        program.kill()
        program.communicate()


def wait_until_gone(pid: int) -> None:
    """A process that nobody has waited for yet counts as gone."""
    deadline = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


@pytest.mark.parametrize("word", ["spin:", "sleep:"])
def test_no_child_outlives_a_killed_owner(word: str) -> None:
    """SIGKILL of the owner ends its child, also one that is busy in C and looks at nothing."""
    with owner(word) as (program, child):
        assert psutil.Process(child).status() != psutil.STATUS_ZOMBIE
        program.kill()
        program.wait()
        wait_until_gone(child)


def test_an_interrupt_from_the_terminal_prints_no_tracebacks() -> None:
    """Ctrl-C goes to the terminal's process group: the owner alone answers, and no child stays."""
    with owner("sleep:") as (program, child):
        os.killpg(program.pid, signal.SIGINT)
        output, words = program.communicate(timeout=PATIENCE_S)
        assert program.returncode == 130
        assert (output, words) == ("", "")
        wait_until_gone(child)
