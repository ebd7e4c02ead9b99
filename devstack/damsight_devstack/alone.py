"""One start or stop at a time in a stack's folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from damsight_devstack.disk_faults import writing
from damsight_devstack.layout import Layout

CHOOSE_ANOTHER = "--folder (or DAMSIGHT_STACK__FOLDER)"


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Hold the folder for the length of a block: a second waits, and then finds what the first did.

    Raises:
        StackError: The folder cannot be written.
    """
    with writing(layout.folder, choose_another=CHOOSE_ANOTHER):
        held = layout.lock.open("w")
    with held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
