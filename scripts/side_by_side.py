"""Run commands side by side, print each one's output whole, and end as the worst of them.

    python scripts/side_by_side.py 'make check' 'pytest tests/unit'

Each argument is a command line for /bin/sh. The first prints as it goes; each other's output is kept and follows when
its turn comes. It is a program of its own because a shell starts what runs behind it with SIGINT ignored, and tests
of what an interrupt does inherit that. An interrupt or a SIGTERM reaches every command, and all are waited for.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType
from typing import IO


@dataclass(frozen=True)
class Started:
    """A command that runs; `output` is where its lines are kept, None where they are printed as they come."""

    command: str
    process: subprocess.Popen[bytes]
    output: IO[bytes] | None


def run_all(commands: Sequence[str]) -> int:
    """Run the commands side by side; returns the first exit status that is not 0, in the order of the commands."""
    began = time.monotonic()
    started: list[Started] = []
    asked: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        # A terminal's Ctrl-C has reached the whole group already.
        for one in started if number != signal.SIGINT else ():
            one.process.send_signal(number)

    signal.signal(signal.SIGINT, hand_on)
    signal.signal(signal.SIGTERM, hand_on)
    with ExitStack() as ends:
        for command in commands:
            output = ends.enter_context(tempfile.TemporaryFile()) if started else None
            started.append(_start(command, output))
            # What was asked for while this one started has not reached it.
            for number in tuple(asked):
                started[-1].process.send_signal(number)
        codes = [_finish(one, began) for one in started]
    return next((code for code in codes if code), 0)


def _start(command: str, output: IO[bytes] | None) -> Started:
    process = subprocess.Popen(["/bin/sh", "-c", command], stdout=output, stderr=subprocess.STDOUT if output else None)
    return Started(command, process, output)


def _finish(one: Started, began: float) -> int:
    code = one.process.wait()
    if one.output is not None:
        one.output.seek(0)
        print(f"\n==== beside it: {one.command}", flush=True)
        shutil.copyfileobj(one.output, sys.stdout.buffer)
    taken = time.monotonic() - began
    print(f"==== exit status {code} within {taken:.0f} s: {one.command}", flush=True)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(run_all(sys.argv[1:]))
