"""Padded batches: what is computed, in which sizes, and that padding changes nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from damsight_encoders.buckets import SIZES, bucket_of, padding_fraction, parts_of
from damsight_encoders.checkpoint import find_checkpoint
from damsight_encoders.device import Placement
from damsight_encoders.dual import DualEncoder
from damsight_encoders.errors import DeviceError
from damsight_encoders.padded import PaddedBatches
from fakes.checkpoints import make_clip


def _place(most: int, compiler: str | None = None) -> Placement:
    return Placement(torch.device("cpu"), torch.float32, most, padded=True, compiler=compiler)


@given(count=st.integers(1, 2000), most=st.sampled_from(SIZES))
def test_every_item_goes_once_in_a_batch_of_a_known_size(count: int, most: int) -> None:
    """Whatever the number, the parts cover it in order, and each is padded to a size that was compiled."""
    parts = list(parts_of(count, most=most))
    assert [place for part in parts for place in part] == list(range(count))
    assert all(len(part) <= bucket_of(len(part), most=most) <= most for part in parts)
    assert {bucket_of(len(part), most=most) for part in parts} <= {size for size in SIZES if size <= most}


def test_little_is_padded() -> None:
    """A batch just over a size costs that size and a small one, not the next larger one; full ones cost nothing."""
    assert [len(part) for part in parts_of(33, most=256)] == [32, 1]
    assert padding_fraction([256, 128, 32, 8, 1], most=256) == 0.0
    assert padding_fraction(range(1, 513), most=256) < 0.25


def _forward(sizes: list[int]) -> "torch.nn.Module":
    torch.manual_seed(7)
    weights = torch.randn(4 * 4 * 3, 5)

    def forward(pixels: torch.Tensor) -> torch.Tensor:
        sizes.append(len(pixels))
        return torch.nn.functional.normalize(pixels.flatten(1).float() @ weights, dim=-1)

    return forward  # type: ignore[return-value]  # called as a module is


def _pictures(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(1).integers(1, 255, size=(count, 4, 4, 3), dtype=np.uint8))


@pytest.mark.parametrize("count", [1, 5, 33, 300])
def test_padding_changes_no_vector(count: int) -> None:
    """Vectors out of padded batches, two slots in turn, are those of each picture alone, in order."""
    sizes: list[int] = []
    forward, pictures = _forward(sizes), _pictures(count)
    padded = PaddedBatches(forward, _place(32))
    vectors = padded(pictures)
    assert set(sizes) <= set(SIZES)
    alone = np.concatenate([forward(torch.from_numpy(picture[None])).numpy() for picture in pictures])
    np.testing.assert_allclose(vectors, alone, atol=1e-6)


def test_the_way_is_one_graph() -> None:
    """The function compiles whole, without a break, for each size: with Dynamo, and no code generated."""
    pictures = _pictures(9)
    compiled = PaddedBatches(_forward([]), _place(8, "aot_eager"))
    np.testing.assert_allclose(compiled(pictures), PaddedBatches(_forward([]), _place(8))(pictures))


def test_memory_that_is_not_enough_halves_the_batch_for_good() -> None:
    """A batch that does not fit is halved until it does, nothing is lost, and the next call begins with what fitted."""
    sizes: list[int] = []
    inner = _forward(sizes)

    def tight(pixels: torch.Tensor) -> torch.Tensor:
        if len(pixels) > 8:
            raise torch.OutOfMemoryError("as CUDA says it")
        return inner(pixels)

    padded = PaddedBatches(tight, _place(256))
    assert len(padded(_pictures(100))) == 100
    assert max(sizes) <= 8
    sizes.clear()
    assert len(padded(_pictures(20))) == 20
    assert max(sizes) <= 8


def test_not_even_one_fits() -> None:
    """Where one picture alone does not fit, that is told and not tried for ever."""

    def never(_: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("as CUDA says it")

    with pytest.raises(DeviceError, match="DAMSIGHT_MODELS__DEVICE"):
        PaddedBatches(never, _place(8))(_pictures(3))


def test_what_cannot_be_compiled_is_computed_as_it_is_written() -> None:
    """A machine without a compiler, or a model with a break in its graph, gives the same vectors, slower."""
    torch.manual_seed(3)
    weights = torch.randn(48, 5)

    def broken(pixels: torch.Tensor) -> torch.Tensor:
        torch._dynamo.graph_break()
        return torch.nn.functional.normalize(pixels.flatten(1).float() @ weights, dim=-1)

    vectors = PaddedBatches(broken, _place(8, "aot_eager"))(_pictures(3))
    np.testing.assert_allclose(vectors, PaddedBatches(broken, _place(8))(_pictures(3)))


def test_encoders_take_the_padded_way(tmp_path: Path) -> None:
    """A joint model placed as on a GPU gives the vectors of the plain way, whatever the number of pictures."""
    checkpoint = find_checkpoint(str(make_clip(tmp_path / "clip")), None, setting="DAMSIGHT_MODELS__JOINT")
    plain = DualEncoder(checkpoint, Placement(torch.device("cpu"), torch.float32, 8))
    padded = DualEncoder(checkpoint, _place(8))
    pictures = list(np.random.default_rng(2).integers(0, 255, size=(11, 32, 32, 3), dtype=np.uint8))
    np.testing.assert_allclose(padded.encode_images(pictures), plain.encode_images(pictures), atol=1e-5)
    assert padded.encode_images([]).shape == plain.encode_images([]).shape
