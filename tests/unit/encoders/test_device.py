"""Batches shrink where memory does not suffice, and a wish that cannot be met is told."""

import numpy as np
import pytest
import torch

from damsight_encoders.device import choose_placement, encode_within_memory
from damsight_encoders.errors import DeviceError
from damsight_encoders.ports import Vectors
from damsight_schemas.connections import ModelSettings


class Memory:
    """An encoder whose device holds so many items at once."""

    def __init__(
        self, room: int, error: type[Exception] = torch.OutOfMemoryError, words: str = "out of memory"
    ) -> None:
        self.room = room
        self.tried: list[int] = []
        self._error, self._words = error, words

    def __call__(self, items: list[int]) -> Vectors:
        self.tried.append(len(items))
        if len(items) > self.room:
            raise self._error(self._words)
        return np.array([[item, -item] for item in items], dtype=np.float32)


def test_a_batch_that_does_not_fit_is_halved() -> None:
    """A device with room for 3 gets 16, 8, 4, then 2 at a time, and every row comes out in order."""
    memory = Memory(room=3)
    vectors = encode_within_memory(memory, list(range(20)), 2, 16)
    np.testing.assert_array_equal(vectors[:, 0], np.arange(20))
    assert memory.tried[:4] == [16, 8, 4, 2]
    assert set(memory.tried[3:]) == {2}


def test_an_allocator_of_the_cpu_counts_as_well() -> None:
    """Torch's CPU allocator raises a bare RuntimeError: also halved."""
    memory = Memory(2, RuntimeError, "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried ...")
    assert encode_within_memory(memory, [1, 2, 3, 4], 2, 4).shape == (4, 2)


def test_another_error_is_not_swallowed() -> None:
    """An error that is no lack of memory comes out as it is."""
    with pytest.raises(RuntimeError, match="shapes"):
        encode_within_memory(Memory(0, RuntimeError, "shapes do not match"), [1], 2, 4)


def test_no_room_for_one_item_is_a_device_error() -> None:
    """Not even one item fits: DeviceError, with what to do."""
    with pytest.raises(DeviceError, match="no memory left for even one item"):
        encode_within_memory(Memory(0), [1, 2, 3], 2, 4)


def test_auto_takes_float32_on_the_cpu() -> None:
    """On a CPU, auto means float32 and the threads that were asked for."""
    before = torch.get_num_threads()
    placement = choose_placement(ModelSettings(device="cpu", threads=1))
    assert (placement.device.type, placement.dtype) == ("cpu", torch.float32)
    assert torch.get_num_threads() == 1
    torch.set_num_threads(before)


@pytest.mark.parametrize("device", ["cuda:63", "mps"])
def test_a_device_that_is_not_there_is_told(device: str) -> None:
    """A GPU that this machine lacks: DeviceError names the setting and the way out."""
    with pytest.raises(DeviceError, match=f"DAMSIGHT_MODELS__DEVICE={device} was asked for"):
        choose_placement(ModelSettings(device=device))
