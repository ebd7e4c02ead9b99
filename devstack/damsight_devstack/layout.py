"""Where things are in a stack's folder."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths under one stack's folder; the folder is absolute."""

    folder: Path

    @property
    def state(self) -> Path:
        """What runs, as JSON."""
        return self.folder / "stack.json"

    @property
    def lock(self) -> Path:
        """Held while a start or a stop works on the folder."""
        return self.folder / "stack.lock"

    def log(self, server: str) -> Path:
        """A server's log of this run; the run before it ends in `.1`."""
        return self.folder / "logs" / f"{server}.log"

    def data(self, server: str) -> Path:
        """What a server keeps over restarts."""
        return self.folder / "data" / server

    def data_from_home(self, server: str) -> str:
        """The same, relative to the server's home, which is its working directory.

        Kafka reads its properties as Latin-1 and splits this path at its commas: a relative path has neither a
        person's accented name nor a comma in it.
        """
        return os.path.relpath(self.data(server), self.home(server))

    def home(self, server: str) -> Path:
        """What a start writes for a server: its configuration and links to its jars."""
        return self.folder / "run" / server

    def create(self) -> None:
        """Make the folders."""
        for server in ("kafka", "elasticsearch"):
            self.home(server).mkdir(parents=True, exist_ok=True)
            self.data(server).mkdir(parents=True, exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)
