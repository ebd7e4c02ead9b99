"""How many items go through a model: in batches that its memory takes, and on a CPU several side by side.

Threads that share one product of matrices meet at its end, and each layer's element-wise steps wait for the slower of
them, above all while other stages use the same cores. Threads that have a batch each meet once: 72 ms a picture where
sharing took 88 (ViT-B/32, 2 cores, `python bench/encode.py`).
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

import numpy as np
import structlog
import torch

from damsight_encoders.device import Placement
from damsight_encoders.errors import DeviceError
from damsight_encoders.one_threaded import one_threaded
from damsight_encoders.ports import Vectors

_log = structlog.get_logger(__name__)
Item = TypeVar("Item")
Computed = TypeVar("Computed")


def encode_within_memory(
    encode: Callable[[list[Item]], Vectors], items: list[Item], dimensions: int, placement: Placement
) -> Vectors:
    """Encode in batches, side by side where the placement says so; what does not fit in memory is halved until it does.

    Args:
        encode: From a batch to its rows; called by several threads at once where batches go side by side.
        items: Any number.
        dimensions: Of a row.
        placement: Says the largest batch, and how many at once.

    Returns:
        (len(items), dimensions) float32, in the items' order.

    Raises:
        DeviceError: Not even one item fits.
    """
    vectors = np.empty((len(items), dimensions), dtype=np.float32)
    start = 0
    for encoded in _side_by_side(encode, items, placement.batch, placement.abreast):
        vectors[start : start + len(encoded)] = encoded
        start += len(encoded)
    # What is left did not fit beside the others.
    for encoded in compute_within_memory(encode, items[start:], placement.batch):
        vectors[start : start + len(encoded)] = encoded
        start += len(encoded)
    return vectors


def compute_within_memory(
    compute: Callable[[list[Item]], Computed], items: list[Item], batch: int
) -> Iterator[Computed]:
    """Compute in batches of ``batch``, one after another; one that does not fit in memory is halved until it does.

    Yields:
        What ``compute`` gives for each batch, in the items' order.

    Raises:
        DeviceError: Not even one item fits.
    """
    start = 0
    while start < len(items):
        part = items[start : start + batch]
        computed = _compute_or_none(compute, part)
        if computed is None:
            if len(part) == 1:
                raise no_memory()
            batch = len(part) // 2
            _log.warning("encoders.out_of_memory", items=len(part), retried_with=batch)
            continue
        yield computed
        start += len(part)


def even_parts(count: int, *, most: int, abreast: int) -> list[range]:
    """Cut so many items into runs of at most ``most``, as many for each of ``abreast`` threads, and of like lengths."""
    rounds = math.ceil(count / (most * abreast))
    parts = min(count, rounds * abreast)
    return [range(count * part // parts, count * (part + 1) // parts) for part in range(parts)]


def no_memory() -> DeviceError:
    """Return the error for a device that does not even take one item."""
    return DeviceError(
        "the device has no memory left for even one item; free its memory, take a smaller model, "
        "or set DAMSIGHT_MODELS__DEVICE=cpu"
    )


def _side_by_side(
    encode: Callable[[list[Item]], Vectors], items: list[Item], batch: int, abreast: int
) -> Iterator[Vectors]:
    """Encode in several threads; ends before the first batch that does not fit.

    Gives nothing where a thread would be left without an item: a single picture is sooner done by all of them.
    """
    if abreast == 1 or len(items) < abreast:
        return
    parts = [[items[place] for place in part] for part in even_parts(len(items), most=batch, abreast=abreast)]
    # All are waited for before the first is given: what did not fit is tried again when nothing else takes memory.
    for encoded in list(_threads(abreast).map(partial(_compute_or_none, encode), parts)):
        if encoded is None:
            return
        yield encoded


@cache
def _threads(abreast: int) -> ThreadPoolExecutor:
    return one_threaded(abreast, "encode")


def _compute_or_none(compute: Callable[[list[Item]], Computed], items: list[Item]) -> Computed | None:
    """Compute, or return None where the memory was not enough (after the failed try's tensors are gone)."""
    try:
        return compute(items)
    except torch.OutOfMemoryError:
        pass
    except RuntimeError as error:
        # torch has no type of its own for this on the CPU.
        if "DefaultCPUAllocator" not in str(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None
