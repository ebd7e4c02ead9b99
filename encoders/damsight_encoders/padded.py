"""Pictures through a model in padded batches of few sizes, compiled: what a GPU does best, and the CPU can do.

While one batch is computed the next one is copied: two slots of pinned memory take turns. Scaling, the model and the
normalising are one compiled function, so that nothing but uint8 pixels goes to the device and nothing but vectors
comes back.

Sources: PyTorch, "CUDAGraph Trees" (torch.compile, mode="reduce-overhead"), and "A guide on good usage of
non_blocking and pin_memory()".
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import structlog
import torch
import torch._dynamo.exc
from numpy.typing import NDArray

from damsight_encoders.batches import no_memory
from damsight_encoders.buckets import SIZES, bucket_of, parts_of
from damsight_encoders.device import Placement
from damsight_encoders.ports import Prepared, Vectors

_log = structlog.get_logger(__name__)
_SLOTS: Final = 2
Forward = Callable[[torch.Tensor], torch.Tensor]
"""(n, height, width, 3) uint8 to (n, dimensions) float32, L2-normalised; both on the device."""


class PaddedBatches:
    """Implements Callable[[list[Prepared]], Vectors]. One thread at a time computes; others wait.

    Args:
        forward: The whole way on the device.
        placement: Where; its batch is the largest, and is halved for good where memory is not enough; its compiler is
            a backend of torch.compile: "inductor" with a CUDA graph for each size; None computes as it is written.
    """

    def __init__(self, forward: Forward, placement: Placement) -> None:
        self._eager = forward
        self._forward = _compiled(forward, placement.compiler)
        self._device = placement.device
        self._most = placement.batch
        self._slots: list[_Slot] = []
        self._turn = threading.Lock()

    def __call__(self, prepared: Sequence[Prepared]) -> Vectors:
        """Return one vector a picture, (n, dimensions) float32, in order; all pictures have one shape.

        Raises:
            DeviceError: Not even the smallest batch fits.
        """
        with self._turn:
            while True:
                try:
                    return self._computed(prepared)
                except torch.OutOfMemoryError:
                    if self._most == 1:
                        raise no_memory() from None
                    self._halve()
                except torch._dynamo.exc.TorchDynamoException as error:  # noqa: SLF001 - it has no public name
                    if self._forward is self._eager:
                        raise
                    self._forward = self._eager
                    _log.warning("encoders.not_compiled", error=str(error)[:500], fix="install a C compiler (gcc)")

    def warm(self, shape: tuple[int, ...]) -> None:
        """Compile every size now, so that no picture waits for it; ``shape`` is (height, width, 3)."""
        if self._forward is self._eager:
            return
        for size in (size for size in SIZES if size <= self._most):
            began = time.monotonic()
            self([np.zeros(shape, dtype=np.uint8)] * size)
            _log.info("encoders.compiled", pictures=size, seconds=round(time.monotonic() - began, 1))

    @torch.inference_mode()
    def _computed(self, prepared: Sequence[Prepared]) -> Vectors:
        rows: list[NDArray[np.float32]] = []
        under_way: list[_Slot] = []
        for number, part in enumerate(parts_of(len(prepared), most=self._most)):
            slot = self._slot(number % _SLOTS, prepared[0].shape)
            if slot in under_way:
                rows.append(slot.result())
                under_way.remove(slot)
            size = bucket_of(len(part), most=self._most)
            slot.begin(self._forward, [prepared[place] for place in part], size)
            under_way.append(slot)
        rows.extend(slot.result() for slot in under_way)
        return np.concatenate(rows)

    def _slot(self, number: int, shape: tuple[int, ...]) -> "_Slot":
        if self._slots and self._slots[0].shape != shape:
            self._slots.clear()
        while len(self._slots) <= number:
            self._slots.append(_Slot(self._device, self._most, shape))
        return self._slots[number]

    def _halve(self) -> None:
        """Take smaller batches from now on, and give back what the larger ones held."""
        self._most = max(1, self._most // 2)
        self._slots.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        _log.warning("encoders.out_of_memory", retried_with=self._most)


class _Slot:
    """One batch on its way: pixels in pinned memory, a copy of them on the device, and the vectors that come back."""

    def __init__(self, device: torch.device, most: int, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._on_gpu = device.type == "cuda"
        self._host = torch.zeros((most, *shape), dtype=torch.uint8, pin_memory=self._on_gpu)
        self._there = torch.zeros((most, *shape), dtype=torch.uint8, device=device) if self._on_gpu else self._host
        self._copying = torch.cuda.Stream(device) if self._on_gpu else None  # type: ignore[no-untyped-call]
        self._done = torch.cuda.Event() if self._on_gpu else None  # type: ignore[no-untyped-call]
        self._vectors = torch.empty(0)
        self._count = 0

    def begin(self, forward: Forward, pictures: Sequence[Prepared], size: int) -> None:
        """Copy and compute; returns before that is done where there is a GPU."""
        self._count = len(pictures)
        pixels = self._host.numpy()
        for place, picture in enumerate(pictures):
            pixels[place] = picture
        pixels[self._count : size] = 0
        if self._copying is None or self._done is None:
            self._vectors = forward(self._there[:size])[: self._count]
            return
        computing = torch.cuda.current_stream(self._there.device)
        with torch.cuda.stream(self._copying):
            self._there[:size].copy_(self._host[:size], non_blocking=True)
        computing.wait_stream(self._copying)
        # What the graph of this size gave last is overwritten now: it was copied out in this stream before.
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        self._vectors = forward(self._there[:size])[: self._count].to("cpu", non_blocking=True)
        self._done.record(computing)

    def result(self) -> NDArray[np.float32]:
        """Wait for the vectors; (count, dimensions)."""
        if self._done is not None:
            self._done.synchronize()
        vectors: NDArray[np.float32] = self._vectors.float().numpy().copy()
        return vectors


def _compiled(forward: Forward, backend: str | None) -> Forward:
    if backend is None:
        return forward
    if backend == "inductor":
        return torch.compile(forward, fullgraph=True, dynamic=False, mode="reduce-overhead")
    return torch.compile(forward, fullgraph=True, dynamic=False, backend=backend)
