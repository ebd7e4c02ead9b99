"""Batches of few sizes: a GPU compiles a model and captures its graph once for each, and runs nothing else. Pure.

Source: NVIDIA, "Getting Started with CUDA Graphs": a graph's shapes are fixed when it is captured, so what has another
size is padded to the next one.
"""

from collections.abc import Iterator, Sequence
from typing import Final

SIZES: Final = (1, 8, 32, 128, 256)


def bucket_of(count: int, *, most: int) -> int:
    """Return the smallest size that takes so many items; ``most`` where none of the smaller ones does.

    Args:
        count: 1 to ``most``.
        most: The largest size that may be used.
    """
    return next((size for size in SIZES if count <= size < most), most)


def parts_of(count: int, *, most: int) -> Iterator[range]:
    """Cut so many items into runs of at most ``most``, in order.

    What is left at the end is cut once more where that halves the padding or better: 33 items go as 32 and 1, not as
    33 of 128.
    """
    start = 0
    while start < count:
        left = min(count - start, most)
        size = bucket_of(left, most=most)
        below = max((smaller for smaller in SIZES if smaller <= left), default=left)
        rest = left - below
        split = rest > 0 and below + bucket_of(rest, most=most) <= (left + size) // 2
        taken = below if split else left
        yield range(start, start + taken)
        start += taken


def padding_fraction(counts: Sequence[int], *, most: int) -> float:
    """Return which share of the rows that are computed nobody asked for, 0 to 1, over batches of these sizes."""
    asked = computed = 0
    for count in counts:
        for part in parts_of(count, most=most):
            asked += len(part)
            computed += bucket_of(len(part), most=most)
    return 1.0 - asked / computed if computed else 0.0
