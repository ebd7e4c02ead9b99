"""Starts members by fork from a process that has imported everything, since to import costs more than to start.

It reads one JSON line for each member on standard input, and writes each one's process id; when a member ends, its
exit code is written to a file. At the end of its input, however that comes, it kills all that is left.
"""

import os
import select
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from faults import member

_TURN_S = 0.02


@dataclass
class Nursery:
    """The members that run.

    Attributes:
        codes: Where each one's exit code goes, by process id.
    """

    codes: dict[int, Path] = field(default_factory=dict)

    def run(self) -> None:
        incoming, before = sys.stdin.fileno(), b""
        while True:
            self._collect()
            if not select.select([incoming], [], [], _TURN_S)[0]:
                continue
            read = os.read(incoming, 65_536)
            if not read:
                break
            *lines, before = (before + read).split(b"\n")
            for line in lines:
                self._start(orjson.loads(line))
        self._end()

    def _start(self, order: dict[str, object]) -> None:
        log, environment = Path(str(order["log"])), order["environment"]
        assert isinstance(environment, dict)
        pid = os.fork()
        if pid == 0:
            _be_member(log, environment)
        self.codes[pid] = log.with_suffix(".exit")
        os.write(sys.stdout.fileno(), f"{pid}\n".encode())

    def _collect(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                partial = self.codes[pid].with_suffix(".partial")
                partial.write_text(str(os.waitstatus_to_exitcode(status)))
                partial.replace(self.codes.pop(pid))

    def _end(self) -> None:
        for pid in self.codes:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def _be_member(log: Path, environment: dict[str, str]) -> None:
    code = 1
    try:
        os.setsid()
        with log.open("ab") as out:
            os.dup2(out.fileno(), sys.stdout.fileno())
            os.dup2(out.fileno(), sys.stderr.fileno())
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        os.environ.update(environment)
        member.main()
        code = 0
    except BaseException as error:  # noqa: BLE001  told in the log, and by the exit code
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        # Not through the interpreter's own end: that would be the nursery's.
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    Nursery().run()
