"""Where the models run, in which number format, and how much at once."""

import os
from dataclasses import dataclass
from typing import Final

import structlog
import torch

from damsight_encoders.errors import DeviceError
from damsight_schemas.connections import ModelSettings

_log = structlog.get_logger(__name__)
# What a layer makes of 8 pictures through a ViT-B/32 is 5 MB, and stays in the cache. Of 16 or 32 it is more than
# glibc's allocator keeps, so each layer's memory was given back and asked for anew: 2,500 page faults a picture, 10 %
# of the time.
_BATCH_ON_CPU: Final = 8
_BATCH_ON_ACCELERATOR: Final = 256
_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Placement:
    """A device, and the number format that the models compute in on it.

    Attributes:
        device: Of torch.
        dtype: Of weights and activations; vectors are normalised in float32 whatever this is.
        batch: How many items go through a model at once.
        abreast: How many batches are computed side by side, each by one thread; 1 where all threads share a batch.
        padded: Pictures go in batches of a few sizes, padded; a GPU wants that.
        compiler: Of torch.compile, for those; None computes as it is written.
    """

    device: torch.device
    dtype: torch.dtype
    batch: int
    abreast: int = 1
    padded: bool = False
    compiler: str | None = None


def choose_placement(settings: ModelSettings) -> Placement:
    """Choose the device and the number format, set torch's threads, and log the choice.

    Raises:
        DeviceError: The device that the settings name is not on this machine, or cannot compute in their dtype.
    """
    device = torch.device(_best_device() if settings.device == "auto" else settings.device)
    _require(device)
    dtype = _choose_dtype(device, settings.dtype)
    if settings.threads:
        torch.set_num_threads(settings.threads)
    on_gpu = device.type == "cuda"
    placement = Placement(
        device,
        dtype,
        _BATCH_ON_CPU if device.type == "cpu" else _BATCH_ON_ACCELERATOR,
        abreast=torch.get_num_threads() if device.type == "cpu" else 1,
        padded=on_gpu,
        compiler="inductor" if on_gpu and settings.compile else None,
    )
    _log.info(
        "encoders.device",
        device=str(device),
        name=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        dtype=str(dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        cores=os.cpu_count(),
    )
    return placement


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _require(device: torch.device) -> None:
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            raise DeviceError(
                f"DAMSIGHT_MODELS__DEVICE={device} was asked for and torch {torch.__version__} sees {count} CUDA "
                f"device(s); check the driver with `nvidia-smi` and the build with `damsight doctor`, "
                f"or set DAMSIGHT_MODELS__DEVICE=auto"
            )
    elif device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError(
            "DAMSIGHT_MODELS__DEVICE=mps was asked for and this is no Apple GPU; set DAMSIGHT_MODELS__DEVICE=auto"
        )


def _choose_dtype(device: torch.device, asked: str) -> torch.dtype:
    if asked == "auto":
        quick = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if quick else torch.float32
    dtype = _DTYPES[asked]
    if dtype is torch.bfloat16 and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise DeviceError(
            f"DAMSIGHT_MODELS__DTYPE=bfloat16 was asked for and {device} does not compute in it; "
            f"set it to float16 or auto"
        )
    return dtype
