"""Tells which files of a folder changed and then stayed the same for a while."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from watchfiles import watch

from damsight_publisher.errors import SourceError
from damsight_publisher.scan import look_at, require_folder, scan

# Milliseconds: how long changes are gathered, and how often we look whether files have settled.
_GATHER_MS = 200
_LOOK_MS = 250


@dataclass(frozen=True, slots=True)
class Change:
    """What to look at.

    Attributes:
        relatives: Paths that changed, files or folders, there or gone.
        everything: Look at the whole folder: something may have been missed.
    """

    relatives: frozenset[Path] = frozenset()
    everything: bool = False


def changes(root: Path, settling: "Settling", *, stop: threading.Event, rescan_s: float) -> Iterator[Change]:
    """Yield changes until told to stop; the first is a look at everything, made when the watch has begun.

    Args:
        root: The folder.
        settling: What has changed and may change further.
        stop: Ends it, within half a second.
        rescan_s: How often everything is looked at.

    Raises:
        SourceError: The folder is not there any more, or the system refuses to watch it.
    """
    require_folder(root)
    try:
        yield from _changes(root, settling, stop, rescan_s)
    except OSError as error:
        raise SourceError(
            f"{root} cannot be watched: {error}. Where it is the limit of watches, raise fs.inotify.max_user_watches; "
            f"else publish without --watch, from time to time."
        ) from error


def _changes(root: Path, settling: "Settling", stop: threading.Event, rescan_s: float) -> Iterator[Change]:
    looked: float | None = None
    found = watch(
        root, watch_filter=None, debounce=_GATHER_MS, rust_timeout=_LOOK_MS, yield_on_timeout=True, stop_event=stop
    )
    for batch in found:
        settling.add(Path(path).relative_to(root) for _, path in batch if Path(path).is_relative_to(root))
        if looked is None or time.monotonic() - looked >= rescan_s:
            looked = time.monotonic()
            yield Change(everything=True)
        if ready := settling.ready():
            yield Change(relatives=ready)


class Settling:
    """Files that changed a moment ago."""

    def __init__(self, root: Path, settle_s: float) -> None:
        self._root, self._settle_s = root, settle_s
        self._waiting: dict[Path, tuple[str, float]] = {}

    def add(self, relatives: Iterable[Path]) -> None:
        """Wait for these; a folder stands for the files in it."""
        for relative in relatives:
            if any(part.startswith(".") for part in relative.parts) or relative == Path():
                continue
            if (self._root / relative).is_dir():
                self.add(found.relative for found in scan(self._root, relative).files)
            else:
                self._waiting[relative] = (self._stamp(relative), time.monotonic())

    def ready(self) -> frozenset[Path]:
        """Return those that stayed the same for long enough, and wait for them no more."""
        now = time.monotonic()
        for relative, (stamp, _) in list(self._waiting.items()):
            current = self._stamp(relative)
            if current != stamp:
                self._waiting[relative] = (current, now)
        ready = frozenset(path for path, (_, since) in self._waiting.items() if now - since >= self._settle_s)
        for path in ready:
            del self._waiting[path]
        return ready

    def _stamp(self, relative: Path) -> str:
        found = look_at(self._root, relative)
        return found.stamp if found else ""
