"""Keeps two runs from publishing one source at the same time: each would send what the other has sent."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from damsight_publisher.errors import JournalError


@contextmanager
def one_run(journal: Path | None, scope: str) -> Iterator[None]:
    """Hold the scope for the length of a block; the system lets go when the process ends, however it ends.

    Raises:
        JournalError: Another run holds it.
    """
    if journal is None:
        yield
        return
    path = journal.with_name(f"{journal.name}.{hashlib.sha256(scope.encode()).hexdigest()[:12]}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
    except OSError as error:
        raise JournalError(f"{path} cannot be written: {error.strerror}. Name another place with --journal.") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JournalError(
                "another damsight publish is at work on this source and topic: wait for its end, or stop it"
            ) from error
        yield
