"""Where the models run, in which number format, and what happens when its memory is full."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import structlog
import torch

from damsight_encoders.errors import DeviceError
from damsight_encoders.ports import Vectors
from damsight_schemas.connections import ModelSettings

_log = structlog.get_logger(__name__)
# What a layer makes of 16 pictures through a ViT-B/32 is 10 MB. Of 32 it is more than glibc's allocator keeps, so each
# layer's memory was given back and asked for anew: 100,000 page faults a batch, 10 % of the time (2 cores).
_BATCH_ON_CPU: Final = 16
_BATCH_ON_ACCELERATOR: Final = 256
Item = TypeVar("Item")
Computed = TypeVar("Computed")
_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Placement:
    """A device, and the number format that the models compute in on it.

    Attributes:
        device: Of torch.
        dtype: Of weights and activations; vectors are normalised in float32 whatever this is.
        batch: How many items go through a model at once.
        padded: Pictures go in batches of a few sizes, padded; a GPU wants that.
        compiler: Of torch.compile, for those; None computes as it is written.
    """

    device: torch.device
    dtype: torch.dtype
    batch: int
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


def encode_within_memory(
    encode: Callable[[list[Item]], Vectors], items: list[Item], dimensions: int, batch: int
) -> Vectors:
    """Encode in batches of ``batch``; a batch that does not fit in memory is halved until it does.

    Returns:
        (len(items), dimensions) float32, in the items' order.

    Raises:
        DeviceError: Not even one item fits.
    """
    vectors = np.empty((len(items), dimensions), dtype=np.float32)
    start = 0
    for encoded in compute_within_memory(encode, items, batch):
        vectors[start : start + len(encoded)] = encoded
        start += len(encoded)
    return vectors


def compute_within_memory(
    compute: Callable[[list[Item]], Computed], items: list[Item], batch: int
) -> Iterator[Computed]:
    """Compute in batches of ``batch``; a batch that does not fit in memory is halved until it does.

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


def no_memory() -> DeviceError:
    """Return the error for a device that does not even take one item."""
    return DeviceError(
        "the device has no memory left for even one item; free its memory, take a smaller model, "
        "or set DAMSIGHT_MODELS__DEVICE=cpu"
    )


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
