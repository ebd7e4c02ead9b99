"""The cache of vectors keeps to its bytes, and forgets what was asked for longest ago."""

import sys

import numpy as np

from damsight_encoders.service.cache import VectorCache


def row(number: int) -> np.ndarray:
    return np.full(64, number, dtype=np.float32)


def test_what_was_asked_for_last_stays() -> None:
    """Of more than fit, the least recently used goes; a hit counts as use."""
    cache = VectorCache(2000)
    cache.put(("m", "a"), row(1))
    cache.put(("m", "b"), row(2))
    assert cache.get(("m", "a")) is not None
    cache.put(("m", "c"), row(3))
    kept = [name for name in "abc" if cache.get(("m", name)) is not None]
    assert kept == ["a", "c"]


def test_it_never_holds_more_than_it_may() -> None:
    """However many and however long the texts, the bytes held stay within the bound, keys counted."""
    cache = VectorCache(20_000)
    for number in range(500):
        cache.put(("model", "x" * (number * 37 % 900)), row(number))
        assert cache.held_bytes <= 20_000
    cache.put(("model", "y" * 30_000), row(1))
    assert cache.get(("model", "y" * 30_000)) is None
    assert cache.held_bytes > 10_000


def test_a_row_does_not_keep_its_batch() -> None:
    """What is kept owns its memory: it is no view into a batch of thousands."""
    batch = np.zeros((1000, 64), dtype=np.float32)
    cache = VectorCache(10_000)
    cache.put(("m", "a"), batch[3])
    kept = cache.get(("m", "a"))
    assert kept is not None
    assert kept.base is None
    assert sys.getsizeof(kept) < 1000


def test_none_is_kept_where_none_is_wanted() -> None:
    """A bound of 0 keeps nothing, and putting the same twice counts once."""
    off, cache = VectorCache(0), VectorCache(10_000)
    off.put(("m", "a"), row(1))
    assert (off.get(("m", "a")), off.held_bytes) == (None, 0)
    cache.put(("m", "a"), row(1))
    once = cache.held_bytes
    cache.put(("m", "a"), row(1))
    assert cache.held_bytes == once
