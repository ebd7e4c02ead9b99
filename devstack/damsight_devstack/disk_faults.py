"""Say what a failed write to one of the stack's folders means."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from damsight_devstack.errors import DiskFullError, FolderNotUsableError

# Both servers' empty data, their logs, and Kafka's first segments and indices; measured 30 MB, with room to work.
ROOM_NEEDED = 256 << 20


@contextmanager
def writing(folder: Path, *, choose_another: str) -> Iterator[None]:
    """Turn the OSError of a write under `folder` into the stack's error; `choose_another` is the person's way out.

    Raises:
        DiskFullError: The disk or the quota is full.
        FolderNotUsableError: It cannot be written for another reason.
    """
    try:
        yield
    except OSError as cause:
        if cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                f"The disk of {folder} is full ({cause}). Free some room there, or choose another folder with "
                f"{choose_another}."
            ) from cause
        raise FolderNotUsableError(
            f"The folder {folder} cannot be written ({cause}). Correct its rights, or choose another with "
            f"{choose_another}."
        ) from cause


def check_room(folder: Path, *, choose_another: str, needed: int) -> None:
    """Pass when the folder's disk has room for `needed` bytes.

    Raises:
        DiskFullError: It has not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFullError(
            f"The disk of {folder} is full: it has {free >> 20} MB left and {needed >> 20} MB are needed. Free some "
            f"room there, or choose another folder with {choose_another}."
        )
