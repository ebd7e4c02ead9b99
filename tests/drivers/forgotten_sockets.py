"""kafka-python 3.0.12 forgets the sockets of connections that fail: they are found where they were lost."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forgotten_sockets_forgiven() -> Iterator[None]:
    """Keep them from failing this test, and from being found, and failed for, in another one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()
