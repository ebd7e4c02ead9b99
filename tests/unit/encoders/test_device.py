"""The device that a setting names is taken, and a wish that cannot be met is told."""

import pytest
import torch

from damsight_encoders.device import choose_placement
from damsight_encoders.errors import DeviceError
from damsight_schemas.connections import ModelSettings


def test_auto_takes_float32_on_the_cpu() -> None:
    """On a CPU, auto means float32 and the threads that were asked for."""
    before = torch.get_num_threads()
    placement = choose_placement(ModelSettings(device="cpu", threads=1))
    assert (placement.device.type, placement.dtype) == ("cpu", torch.float32)
    assert (torch.get_num_threads(), placement.abreast) == (1, 1)
    torch.set_num_threads(before)


@pytest.mark.parametrize("device", ["cuda:63", "mps"])
def test_a_device_that_is_not_there_is_told(device: str) -> None:
    """A GPU that this machine lacks: DeviceError names the setting and the way out."""
    with pytest.raises(DeviceError, match=f"DAMSIGHT_MODELS__DEVICE={device} was asked for"):
        choose_placement(ModelSettings(device=device))
