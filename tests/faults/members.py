"""The consumers of a world, each in a process group of its own, and what is done to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import orjson

from faults.hooks import COUNTED, Hooks

TESTS = Path(__file__).resolve().parents[1]
_END_S = 120


class Member:
    """One process.

    Args:
        pid: Its own, and its group's.
        log: Where it writes.
        settings: What it has besides the others'.
    """

    def __init__(self, pid: int, log: Path, hooks: Hooks, settings: Mapping[str, str]) -> None:
        self.hooks = hooks
        self.settings = settings
        self._pid = pid
        self._log = log

    @property
    def name(self) -> str:
        return f"{self._log.stem}, {'alive' if self.is_alive else f'ended with {self.exit_code}'}"

    @property
    def is_alive(self) -> bool:
        return self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        told = self._log.with_suffix(".exit")
        return int(told.read_text()) if told.exists() else None

    def kill(self) -> None:
        """End it at once, as a machine that fails does."""
        self._signal(signal.SIGKILL)
        self.wait()

    def ask_to_end(self) -> None:
        """As an orchestrator does."""
        self._signal(signal.SIGTERM)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def wait(self) -> int:
        """Wait for its end, and return its exit code: minus the signal's number, where it was one."""
        deadline = time.monotonic() + _END_S
        while (code := self.exit_code) is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.last_words()}"
            time.sleep(0.02)
        return code

    def delivered(self) -> int:
        """How many records Kafka's client gave to it."""
        counted = self._log.with_suffix(COUNTED)
        return int(counted.read_bytes() or 0) if counted.exists() else 0

    def told(self, words: str) -> list[dict[str, object]]:
        """The log lines whose event has these words in it, so far."""
        lines = self._log.read_bytes().splitlines()
        parsed = [orjson.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
        return [line for line in parsed if words in str(line.get("event"))]

    def last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if not self.is_alive:
            return
        try:
            os.killpg(self._pid, number)
        except ProcessLookupError:
            # Forked a moment ago, it may not lead a group of its own yet.
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)


class Cradle:
    """The nursery's process; see `faults.nursery`. One serves any number of worlds, and begins when it is needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str], log: Path) -> int:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(orjson.dumps({"log": str(log), "environment": dict(environment)}) + b"\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    def close(self) -> None:
        """End it, and with it whatever it started."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate(timeout=_END_S)

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "faults.nursery"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        return self._process


class Members:
    """Starts members, and leaves none behind.

    Args:
        cradle: Where they come from.
        folder: For their logs.
        environment: The settings that all have.
    """

    def __init__(self, cradle: Cradle, folder: Path, environment: Mapping[str, str]) -> None:
        self._cradle = cradle
        self._folder = folder
        self._environment = environment
        self._muted = folder / "no-dead-letters"
        self.all: list[Member] = []

    def start(self, hooks: Hooks | None = None, **settings: str) -> Member:
        log = self._folder / f"member-{len(self.all):03d}.log"
        chosen = replace(hooks or Hooks(), counted=str(log.with_suffix(COUNTED)), muted=str(self._muted))
        environment = {**self._environment, **settings, **chosen.as_variable()}
        member = Member(self._cradle.start(environment, log), log, chosen, settings)
        self.all.append(member)
        return member

    @contextmanager
    def without_dead_letters(self) -> Iterator[None]:
        """Nothing can be added to the dead letters for the length of a block."""
        self._muted.touch()
        try:
            yield
        finally:
            self._muted.unlink()

    def alive(self) -> list[Member]:
        return [member for member in self.all if member.is_alive]

    def all_ended(self) -> bool:
        """Tell whether some were started and none is left, so that nothing more can come about."""
        return bool(self.all) and not self.alive()

    def delivered(self) -> int:
        """How many records were delivered to all of them together."""
        return sum(member.delivered() for member in self.all)

    def last_words(self) -> str:
        """Of those that live; where none does, of the last two."""
        told = [member for member in self.all if member.is_alive] or self.all[-2:]
        return "\n".join(f"{member.name}:\n{member.last_words()}" for member in told)

    def close(self) -> None:
        for member in self.alive():
            member.thaw()
            member.kill()
