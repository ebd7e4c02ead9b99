"""Threads in which torch computes alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch


def one_threaded(workers: int, name: str) -> ThreadPoolExecutor:
    """Return so many threads, in each of which torch computes alone.

    OpenMP's number of threads belongs to the thread that sets it; torch keeps a number for new threads beside it, which
    is put back. A thread takes that number when it first asks, so each asks before.
    """
    before = torch.get_num_threads()
    together = threading.Barrier(workers)

    def alone() -> None:
        torch.set_num_threads(1)
        torch.get_num_threads()
        together.wait()

    pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
    for begun in [pool.submit(alone) for _ in range(workers)]:
        begun.result()
    torch.set_num_threads(before)
    return pool
