"""The consumers of a world, each in a process group of its own, and what is done to them."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import orjson

from faults.hooks import Hooks

TESTS = Path(__file__).resolve().parents[1]
_END_S = 60


class Member:
    """One process.

    Args:
        environment: The consumer's settings.
        hooks: What it suffers.
        log: Where it writes.
    """

    def __init__(self, environment: Mapping[str, str], hooks: Hooks, log: Path) -> None:
        self.hooks = hooks
        self._log = log
        paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
        whole = {**os.environ, **environment, **hooks.as_variable(), "PYTHONPATH": os.pathsep.join(paths)}
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "faults.member"], env=whole, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def kill(self) -> None:
        """End it at once, as a machine that fails does."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_END_S)

    def terminate(self) -> None:
        """Ask it to end, as an orchestrator does, and wait until it has."""
        self._process.send_signal(signal.SIGTERM)
        self.wait()

    def wait(self) -> int:
        return self._process.wait(_END_S)

    def freeze(self) -> None:
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGCONT)

    def told(self, event: str) -> list[dict[str, object]]:
        """The log lines of one event, so far."""
        lines = self._log.read_bytes().splitlines()
        parsed = [orjson.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
        return [line for line in parsed if line.get("event") == event]

    def last_words(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]


class Members:
    """Starts members, and leaves none behind.

    Args:
        folder: For their logs.
        environment: The settings that all have.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._all: list[Member] = []

    def start(self, hooks: Hooks | None = None, **settings: str) -> Member:
        log = self._folder / f"member-{len(self._all):03d}.log"
        member = Member({**self._environment, **settings}, hooks or Hooks(), log)
        self._all.append(member)
        return member

    def alive(self) -> list[Member]:
        return [member for member in self._all if member.is_alive]

    def all_ended(self) -> bool:
        """Tell whether some were started and none is left, so that nothing more can come about."""
        return bool(self._all) and not self.alive()

    def last_words(self) -> str:
        return "\n".join(member.last_words() for member in self._all[-2:])

    def close(self) -> None:
        for member in self.alive():
            member.thaw()
            member.kill()
