"""Finds the files of a folder."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from damsight_publisher.errors import SourceError
from damsight_publisher.records import Found, Remark


@dataclass(slots=True)
class Scan:
    """What a folder holds.

    Attributes:
        files: In the order of their paths.
        unread: Folders that could not be read: what they hold is unknown, not gone.
        problems: Why they could not.
    """

    files: list[Found] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)

    def is_unknown(self, relative: Path) -> bool:
        """Tell whether a path lies in a folder that could not be read."""
        return any(relative.is_relative_to(folder) for folder in self.unread)


def scan(root: Path, below: Path = Path()) -> Scan:
    """Find every file, but hidden ones, those in hidden folders, and links, which may lead anywhere.

    Args:
        root: The folder that is published.
        below: The part of it to look at, relative to the root.

    Raises:
        SourceError: The root is no folder that can be read.
    """
    require_folder(root)
    result = Scan()
    _walk(root, below, result)
    result.files.sort(key=lambda found: found.relative)
    return result


def require_folder(root: Path) -> None:
    """Make sure of a folder.

    Raises:
        SourceError: It is none, or cannot be read.
    """
    try:
        os.scandir(root).close()
    except OSError as error:
        raise SourceError(f"{root} cannot be read: {error.strerror}. Name a folder that is there.") from error


def look_at(root: Path, relative: Path) -> Found | None:
    """Return one file as the scan would, or None where it would leave it out or it is not there."""
    if any(part.startswith(".") for part in relative.parts):
        return None
    path = root / relative
    try:
        if path.is_symlink() or not path.is_file():
            return None
        status = path.stat()
        return Found(path, relative, stamp_of(status), status.st_mtime)
    except OSError:
        return None


def stamp_of(status: os.stat_result) -> str:
    """Return size, content time and status time; the last catches a file swapped for one of the same age."""
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def _walk(root: Path, start: Path, result: Scan) -> None:
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(_entries(root / folder))
        except OSError as error:
            result.unread.append(folder)
            result.problems.append(
                Remark(str(root / folder), f"the folder cannot be read: {error.strerror}. Grant the right to read it.")
            )
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(folder / entry.name)
            elif entry.is_file(follow_symlinks=False) and (found := look_at(root, folder / entry.name)):
                result.files.append(found)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as listing:
        yield from (entry for entry in listing if not entry.name.startswith("."))
