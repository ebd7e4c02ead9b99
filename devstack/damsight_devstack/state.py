"""What runs in a folder, written down so that another process finds it.

The file stays after a stop: the process ids in it are then nobody's, and its ports are taken again by preference.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from damsight_devstack.server_process import ServerName


class ServerIdentity(BaseModel):
    """A server's process and port. `created` (epoch seconds) tells it from a later process of the same id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    created: float
    port: int

    @classmethod
    def of(cls, pid: int, port: int) -> Self:
        """The identity of a process that runs now."""
        return cls(pid=pid, created=psutil.Process(pid).create_time(), port=port)

    def process(self) -> psutil.Process | None:
        """The process, or None when it has ended or its id went to another one."""
        try:
            process = psutil.Process(self.pid)
            # A second of slack: the boot time that the kernel's ticks count from is rounded.
            if abs(process.create_time() - self.created) > 1 or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except psutil.NoSuchProcess:
            return None
        return process


class StackState(BaseModel):
    """Both servers of a stack.

    `owned` is whether they end with the process that started them; `stopped` is whether somebody ordered them down,
    after which nothing starts one of them again but a new start of both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka: ServerIdentity
    elasticsearch: ServerIdentity
    owned: bool
    stopped: bool = False

    def of(self, name: ServerName) -> ServerIdentity:
        """One of the two."""
        return self.kafka if name == "kafka" else self.elasticsearch


@dataclass(frozen=True, slots=True)
class StateFile:
    """The file that holds a StackState."""

    path: Path

    def read(self) -> StackState | None:
        """What it says, or None when there is none or nothing that can be read."""
        try:
            return StackState.model_validate_json(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValidationError, UnicodeDecodeError):
            return None

    def write(self, state: StackState) -> None:
        """Replace it in one step: a reader sees the old or the new one."""
        partial = self.path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(state.model_dump_json(indent=1), encoding="utf-8")
        partial.replace(self.path)
