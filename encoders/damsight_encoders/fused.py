"""One vector of an asset's several: early fusion (Snoek et al. 2005, "Early versus late fusion"). Pure arithmetic."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.errors import ModelError
from damsight_encoders.ports import FusedPart
from damsight_schemas.connections import ModelSettings
from damsight_schemas.space import Space

PARTS: Final[tuple[FusedPart, ...]] = ("image", "caption", "ocr", "metadata")
TEMPERATURE: Final = 0.1
"""Of the attention's softmax: the value that Bain et al. 2022 (arXiv:2205.08508) pool a video's frames with."""

_WEIGHTS: Final = "DAMSIGHT_MODELS__FUSE_WEIGHTS"
_WEIGHED: Final = ("weighted", "concatenate")
_MOST_DIMENSIONS: Final = 4096
_NOTHING_LEFT: Final = 1e-6
Row = NDArray[np.float64]
Way = Callable[[list[Row], list[float]], Row]
"""One row of the rows of all parts that count and their weights; zeros stand for a part that is not there."""


class PartFusion:
    """Implements Fusion.

    Args:
        way: Of WAYS.
        weights: Of each part that counts; above 0.
        spaces: Of each part that an encoder gives, also of those that have no weight and so do not count.
        space: Of what comes out.
    """

    def __init__(
        self, way: Way, weights: Mapping[FusedPart, float], spaces: Mapping[FusedPart, Space], space: Space
    ) -> None:
        self._way = way
        self._weights = weights
        self._lengths = {part: of.dimensions for part, of in spaces.items()}
        self._space = space

    @property
    def space(self) -> Space:
        """Named for the spaces that it is made of, and how."""
        return self._space

    def fuse(self, parts: Mapping[FusedPart, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return (dimensions,) float32, L2-normalised; a part that is not there counts nothing.

        Where the parts cancel each other out, the one of the most weight stands alone.

        Raises:
            ValueError: No part that counts is there, or one is of another length than its space, zero, or not finite.
        """
        given = {part: self._row(part, vector) for part, vector in parts.items()}
        # In the parts' own order, whatever the caller's: sums of floats depend on it.
        there = [part for part in self._weights if part in given]
        if not there:
            raise ValueError(f"none of the parts {', '.join(self._weights)} is there: there is nothing to fuse")
        heaviest = max(there, key=lambda part: self._weights[part])
        fused = self._fuse(given, there)
        if np.linalg.norm(fused) < _NOTHING_LEFT * self._weights[heaviest]:
            fused = self._fuse(given, [heaviest])
        return (fused / np.linalg.norm(fused)).astype(np.float32)

    def _fuse(self, given: Mapping[FusedPart, Row], there: list[FusedPart]) -> Row:
        absent = {part: np.zeros(self._lengths[part]) for part in self._weights}
        rows = [given[part] if part in there else absent[part] for part in self._weights]
        return self._way(rows, list(self._weights.values()))

    def _row(self, part: FusedPart, vector: NDArray[np.float32]) -> Row:
        if part not in self._lengths:
            raise ValueError(f"no encoder gives the part {part!r}; there are {', '.join(self._lengths)}")
        row = np.asarray(vector, dtype=np.float64)
        if row.shape != (self._lengths[part],):
            raise ValueError(f"the part {part!r} has the shape {row.shape}, and its space ({self._lengths[part]},)")
        if not np.isfinite(row).all() or not row.any():
            raise ValueError(f"the part {part!r} is zero or has numbers that are not finite")
        return row


def open_fusion(settings: ModelSettings, joint_space: Space | None, caption_space: Space | None) -> PartFusion:
    """Make what fuses the vectors of these spaces as ``settings.fuse`` says.

    Raises:
        ModelError: There is nothing to fuse, these vectors cannot be fused that way, or a weight makes no sense.
    """
    way = settings.fuse or "average"
    spaces = {part: space for part in PARTS if (space := joint_space if part == "image" else caption_space) is not None}
    weights = _read_weights(way, settings.fuse_weights, spaces)
    if len(weights) <= 1:
        raise ModelError(
            f"DAMSIGHT_MODELS__FUSE={way}: there is nothing to fuse, only {', '.join(weights) or 'nothing'} counts; "
            f"set DAMSIGHT_MODELS__JOINT and DAMSIGHT_MODELS__CAPTION, or leave DAMSIGHT_MODELS__FUSE out"
        )
    return PartFusion(WAYS[way], weights, spaces, _fused_space(way, weights, spaces))


def _read_weights(way: str, text: str, spaces: Mapping[FusedPart, Space]) -> dict[FusedPart, float]:
    """Return the weights above 0, in PARTS' order; all 1 where the settings name none."""
    if text and way not in _WEIGHED:
        raise ModelError(f"{_WEIGHTS}={text} has no meaning with DAMSIGHT_MODELS__FUSE={way}; take weighted")
    if not text and way == "weighted":
        raise ModelError(f"{_WEIGHTS} is needed with DAMSIGHT_MODELS__FUSE=weighted, as in image=2,caption=1")
    named = dict(pair.split("=") for pair in text.split(",") if pair) if text else dict.fromkeys(spaces, "1")
    unknown = sorted(set(named) - set(PARTS))
    if unknown:
        raise ModelError(f"{_WEIGHTS}={text}: there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    weights = {part: float(named[part]) for part in PARTS if float(named.get(part, 0)) > 0}
    homeless = [part for part in weights if part not in spaces]
    if homeless:
        setting = "DAMSIGHT_MODELS__JOINT" if "image" in homeless else "DAMSIGHT_MODELS__CAPTION"
        raise ModelError(f"{_WEIGHTS}={text}: {', '.join(homeless)} has a weight and no model; set {setting}")
    return weights


def _fused_space(way: str, weights: Mapping[FusedPart, float], spaces: Mapping[FusedPart, Space]) -> Space:
    of = {spaces[part].model: spaces[part] for part in weights}
    return Space(
        model=f"fused:{way}({'+'.join(of)})",
        revision=_digest(way, weights, spaces),
        dimensions=_dimensions(way, [spaces[part].dimensions for part in weights]),
        modalities=("image", "text") if "image" in weights else ("text",),
    )


def _dimensions(way: str, lengths: list[int]) -> int:
    if way == "concatenate":
        if sum(lengths) > _MOST_DIMENSIONS:
            raise ModelError(
                f"DAMSIGHT_MODELS__FUSE=concatenate: {' + '.join(map(str, lengths))} = {sum(lengths):,} dimensions, "
                f"and an index takes {_MOST_DIMENSIONS:,}; leave parts out with {_WEIGHTS}, as in image=1,caption=1"
            )
        return sum(lengths)
    if len(set(lengths)) > 1:
        raise ModelError(
            f"DAMSIGHT_MODELS__FUSE={way}: the vectors have {' and '.join(map(str, sorted(set(lengths))))} dimensions, "
            f"and this way needs one length; take concatenate, or models of equal dimensions"
        )
    return lengths[0]


def _digest(way: str, weights: Mapping[FusedPart, float], spaces: Mapping[FusedPart, Space]) -> str:
    """First 12 hexadecimal digits of the SHA-256 over all that the fused vector depends on."""
    told = {
        "way": way,
        "temperature": TEMPERATURE if way == "attention" else None,
        "parts": [[part, weight, spaces[part].model, spaces[part].revision] for part, weight in weights.items()],
    }
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def _weigh(rows: list[Row], weights: list[float]) -> Row:
    """The weighted sum."""
    total: Row = np.sum([weight * row for row, weight in zip(rows, weights, strict=True)], axis=0)
    return total


def _concatenate(rows: list[Row], weights: list[float]) -> Row:
    """Each part times its weight, one after the other.

    Of two assets that have all parts, the similarity is the mean of the parts' similarities, each counted by the
    square of its weight.
    """
    return np.concatenate([weight * row for row, weight in zip(rows, weights, strict=True)])


def _attend(rows: list[Row], weights: list[float]) -> Row:  # noqa: ARG001 - a Way
    """The mean, each part counted by the softmax of its cosine to the parts' plain mean.

    Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) without learned projections and with one
    query, the mean; the softmax has a temperature as in Bain et al. 2022 (arXiv:2205.08508). What agrees with the rest
    counts more than what stands apart.
    """
    matrix = np.stack([row for row in rows if row.any()])
    mean = matrix.mean(axis=0)
    lengths = np.linalg.norm(matrix, axis=1) * max(float(np.linalg.norm(mean)), _NOTHING_LEFT)
    cosines = matrix @ mean / lengths
    shares = np.exp((cosines - cosines.max()) / TEMPERATURE)
    attended: Row = shares @ matrix / shares.sum()
    return attended


WAYS: Final[dict[str, Way]] = {
    "average": _weigh,
    "weighted": _weigh,
    "concatenate": _concatenate,
    "attention": _attend,
}
"""By the name that ``DAMSIGHT_MODELS__FUSE`` gives it."""
