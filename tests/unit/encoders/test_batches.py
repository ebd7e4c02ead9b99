"""Batches shrink where memory does not suffice, and go side by side where a thread each is quicker."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from damsight_encoders.batches import encode_within_memory, even_parts
from damsight_encoders.device import Placement
from damsight_encoders.errors import DeviceError
from damsight_encoders.ports import Vectors


def placement(batch: int, abreast: int = 1) -> Placement:
    """Return a CPU's."""
    return Placement(torch.device("cpu"), torch.float32, batch, abreast)


class Memory:
    """An encoder whose device holds so many items at once."""

    def __init__(
        self, room: int, error: type[Exception] = torch.OutOfMemoryError, words: str = "out of memory"
    ) -> None:
        self.room = room
        self.tried: list[int] = []
        self.threads: set[str] = set()
        self._error, self._words = error, words

    def __call__(self, items: list[int]) -> Vectors:
        self.tried.append(len(items))
        self.threads.add(threading.current_thread().name)
        if len(items) > self.room:
            raise self._error(self._words)
        return np.array([[item, -item] for item in items], dtype=np.float32)


def test_a_batch_that_does_not_fit_is_halved() -> None:
    """A device with room for 3 gets 16, 8, 4, then 2 at a time, and every row comes out in order."""
    memory = Memory(room=3)
    vectors = encode_within_memory(memory, list(range(20)), 2, placement(16))
    np.testing.assert_array_equal(vectors[:, 0], np.arange(20))
    assert memory.tried[:4] == [16, 8, 4, 2]
    assert set(memory.tried[3:]) == {2}


def test_an_allocator_of_the_cpu_counts_as_well() -> None:
    """Torch's CPU allocator raises a bare RuntimeError: also halved."""
    memory = Memory(2, RuntimeError, "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...")
    assert encode_within_memory(memory, [1, 2, 3, 4], 2, placement(4)).shape == (4, 2)


def test_another_error_is_not_swallowed() -> None:
    """An error that is no lack of memory comes out as it is."""
    with pytest.raises(RuntimeError, match="shapes"):
        encode_within_memory(Memory(0, RuntimeError, "shapes do not match"), [1], 2, placement(4))


def test_no_room_for_one_item_is_a_device_error() -> None:
    """Not even one item fits: DeviceError, with what to do."""
    with pytest.raises(DeviceError, match="no memory left for even one item"):
        encode_within_memory(Memory(0), [1, 2, 3], 2, placement(4))


def test_batches_go_side_by_side_in_order() -> None:
    """Twenty items by two threads: four batches of five, none in this thread, rows in the items' order."""
    memory = Memory(room=8)
    vectors = encode_within_memory(memory, list(range(20)), 2, placement(8, abreast=2))
    np.testing.assert_array_equal(vectors[:, 0], np.arange(20))
    assert memory.tried == [5, 5, 5, 5]
    assert threading.current_thread().name not in memory.threads


def test_what_does_not_fit_beside_others_is_tried_alone() -> None:
    """Batches too large for the memory are halved in one thread, and every row comes out in order."""
    memory = Memory(room=3)
    vectors = encode_within_memory(memory, list(range(20)), 2, placement(8, abreast=2))
    np.testing.assert_array_equal(vectors[:, 0], np.arange(20))
    assert memory.tried[4:7] == [8, 4, 2]


def test_fewer_items_than_threads_share_all_of_them() -> None:
    """One picture is not left to one thread while others rest: it is computed where all are used."""
    memory = Memory(room=8)
    assert encode_within_memory(memory, [7], 2, placement(8, abreast=2)).tolist() == [[7, -7]]
    assert memory.threads == {threading.current_thread().name}


def test_an_error_of_a_thread_comes_out() -> None:
    """What a batch side by side raises, and is no lack of memory, is raised."""
    with pytest.raises(RuntimeError, match="shapes"):
        encode_within_memory(Memory(0, RuntimeError, "shapes do not match"), [1, 2, 3], 2, placement(4, abreast=2))


def test_threads_side_by_side_compute_alone() -> None:
    """Within a batch side by side torch uses one thread, and outside as many as before."""
    before = torch.get_num_threads()
    seen = encode_within_memory(
        lambda items: np.full((len(items), 1), torch.get_num_threads(), dtype=np.float32), [1, 2, 3, 4], 1,
        placement(2, abreast=2),
    )  # fmt: skip
    assert seen.tolist() == [[1.0]] * 4
    assert torch.get_num_threads() == before


@given(count=st.integers(1, 300), most=st.integers(1, 16), abreast=st.integers(1, 16))
def test_parts_are_even_and_whole(count: int, most: int, abreast: int) -> None:
    """Parts cover every item once, none is empty or too large, and lengths differ by one at most."""
    parts = even_parts(count, most=most, abreast=abreast)
    assert [place for part in parts for place in part] == list(range(count))
    lengths = [len(part) for part in parts]
    assert 1 <= min(lengths) <= max(lengths) <= most
    assert max(lengths) - min(lengths) <= 1
    assert len(parts) == count or len(parts) % abreast == 0
