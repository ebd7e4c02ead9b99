"""Start a server's process with its owner's pipe, watch it, read the end of its log."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from damsight_devstack.errors import (
    DiskFullError,
    PortTakenError,
    ServerDiedError,
    StackError,
)
from damsight_devstack.layout import Layout
from damsight_devstack.owner_watch import RELEASE

ServerName = Literal["kafka", "elasticsearch"]
TAIL_LINES = 25
TAIL_BYTES = 1 << 18
# A Popen that is thrown away while its process runs warns of a leak; these run on by intention.
_LEFT_RUNNING: "list[subprocess.Popen[bytes]]" = []


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server that this process started; it ends with this process unless released."""

    name: ServerName
    port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self.process.pid

    def release(self) -> None:
        """Let it run on after this process."""
        pipe = self.process.stdin
        if pipe is not None and not pipe.closed:
            pipe.write(RELEASE)
            pipe.close()
        _LEFT_RUNNING.append(self.process)

    def check_alive(self) -> None:
        """Pass while it runs.

        Raises:
            PortTakenError: It ended because another program had its port.
            DiskFullError: It ended because the disk is full.
            ServerDiedError: It ended otherwise; the message holds the end of its log.
        """
        code = self.process.poll()
        if code is not None:
            raise death(self, code)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def start_server(name: ServerName, layout: Layout, port: int) -> ServerProcess:
    """Start `python -m damsight_devstack.<name>_node` on its home's launch file; its output goes to the log."""
    log = layout.log(name)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 our own interpreter and module, no shell
            [sys.executable, "-m", f"damsight_devstack.{name}_node", str(layout.home(name) / "launch.json")],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=layout.home(name),
            # Ctrl-C in a terminal reaches the owner alone, which then stops the servers in order.
            start_new_session=True,
            bufsize=0,
        )
    return ServerProcess(name, port, log, process)


def death(server: ServerProcess, code: int) -> StackError:
    """Why a server ended, as far as its log tells."""
    text = _log_end(server.log)
    if "Address already in use" in text:
        return PortTakenError(
            f"{server.name} could not listen on 127.0.0.1: another program has one of its ports (it wanted "
            f"{server.port}). Stop that program, or unset DAMSIGHT_STACK__{server.name.upper()}_PORT so that a "
            "free port is taken."
        )
    if "No space left on device" in text:
        return DiskFullError(
            f"{server.name} ended because the disk of {server.log.parent.parent} is full. Free some room there, or "
            f"choose another folder (--folder). Its log: {server.log}"
        )
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    return ServerDiedError(
        f"{server.name} {how} while it was starting. Its log is {server.log} and ends with:\n{log_tail(server.log)}\n"
        "If it was killed, memory may be short: see DAMSIGHT_STACK__ELASTICSEARCH_HEAP_MB and _KAFKA_HEAP_MB."
    )


def log_tail(log: Path) -> str:
    """The last lines of a log, or a sentence that says there are none."""
    lines = _log_end(log).splitlines()
    return "\n".join(lines[-TAIL_LINES:]) or "(the log is empty)"


def _log_end(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as unreadable:
        return f"(the log cannot be read: {unreadable})"
