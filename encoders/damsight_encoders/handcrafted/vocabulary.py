"""The vocabulary of visual words: learnt from pictures once, kept in a file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from damsight_encoders.errors import MediaError, ModelError
from damsight_encoders.handcrafted.local_features import DIMENSIONS, FEATURE_STEPS, FeatureKind, local_features
from damsight_encoders.ports import PictureDecoder
from damsight_encoders.preprocess import prepare_picture, resample_pillow
from damsight_encoders.tensor_file import TensorFile, read_tensors

MOST_WORDS: Final = 4095
"""Elasticsearch takes vectors of 4,096 dimensions, and one is for pictures without words."""
_FORMAT: Final[dict[FeatureKind, str]] = {kind: f"damsight visual words 1 {kind}" for kind in DIMENSIONS}
_MOST_FEATURES: Final = 200_000
_ROUNDS: Final = 20
_SEED: Final = 20261121
_AGAIN: Final = "learn the vocabulary from pictures: python scripts/visual_words.py --out FILE FOLDER"


@dataclass(frozen=True)
class Vocabulary:
    """Visual words.

    Attributes:
        kind: Of the features that they are the means of.
        centres: (words, DIMENSIONS[kind]) float32.
        rarities: (words,) float32: the fewer of the pictures that it was learnt from have a word, the more it says.
        digest: Of the file; empty before there is one.
    """

    kind: FeatureKind
    centres: NDArray[np.float32]
    rarities: NDArray[np.float32]
    digest: str = ""


def learn_vocabulary(
    files: Iterable[Path],
    decoder: PictureDecoder,
    *,
    kind: FeatureKind = "sift",
    words: int = 1000,
    progress: Callable[[Path, str], None] | None = None,
) -> Vocabulary:
    """Learn a vocabulary by k-means (OpenCV's, from k-means++) over the features of pictures.

    The same files in the same order give the same vocabulary. Of many pictures an equal part each is taken, 200,000
    features in all. Files that are no pictures are left out.

    Args:
        files: Pictures; a few hundred, like those that will be searched.
        decoder: Of them.
        kind: Of the features.
        words: At most MOST_WORDS.
        progress: Called after each file, with what was wrong with it, or "".

    Raises:
        ModelError: The pictures have fewer features than words are asked for.
        ValueError: ``words`` is not from 2 to MOST_WORDS.
    """
    if not 2 <= words <= MOST_WORDS:  # noqa: PLR2004 - one word would be no vocabulary
        raise ValueError(f"words={words}: take 2 to {MOST_WORDS}")
    tell = progress or _tell_nobody
    described = [features for file in files if len(features := _describe_file(file, decoder, kind, tell))]
    found = sum(len(features) for features in described)
    if found < words:
        raise ModelError(
            f"{len(described)} pictures have {found} features between them, too few for {words} words; "
            f"give more pictures, or ask for fewer words"
        )
    centres = _centres(_sample(described, max(words, _MOST_FEATURES)), words)
    holders = np.zeros(words)
    for features in described:
        holders[np.unique(nearest_words(features, centres))] += 1
    rarities = np.log(1 + len(described) / np.maximum(holders, 1)).astype(np.float32)
    return Vocabulary(kind, centres, rarities)


def nearest_words(features: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return (n,) the number of the nearest centre, by Euclidean distance, of each of (n, dimensions)."""
    # |f - c|^2 without |f|^2, which is the same for every centre.
    nearest: NDArray[np.int64] = np.argmin((centres**2).sum(axis=1) - 2 * features @ centres.T, axis=1)
    return nearest


def save_vocabulary(vocabulary: Vocabulary, file: Path) -> None:
    """Write a safetensors file.

    Raises:
        OSError: It cannot be written.
    """
    tensors = {"centres": vocabulary.centres, "rarities": vocabulary.rarities}
    # One entry: safetensors writes several in an order that changes, and with it the digest would.
    metadata = {"format": _FORMAT[vocabulary.kind]}
    save_file(
        {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()},
        file,
        metadata=metadata,
    )


def read_vocabulary(file: str, *, subject: str) -> Vocabulary:
    """Read a vocabulary.

    Args:
        file: As save_vocabulary wrote it.
        subject: What the settings say, for messages.

    Raises:
        ModelError: It is missing, cut off, or something else.
    """
    content = read_tensors(file, "np", subject=subject, again=_AGAIN)
    kind = next((kind for kind, name in _FORMAT.items() if name == content.metadata.get("format")), None)
    if kind is None or not _fits(content, DIMENSIONS[kind]):
        raise ModelError(f"{subject}: {Path(file).name} holds no vocabulary of visual words; {_AGAIN}")
    return Vocabulary(kind, content.tensors["centres"], content.tensors["rarities"], content.digest)


def _fits(content: TensorFile, dimensions: int) -> bool:
    centres, rarities = (content.tensors.get(name, np.zeros(0)) for name in ("centres", "rarities"))
    shaped = centres.shape == (len(rarities), dimensions) and 0 < len(rarities) <= MOST_WORDS
    return bool(shaped and np.isfinite(centres).all() and np.isfinite(rarities).all() and (rarities > 0).all())


def _tell_nobody(file: Path, trouble: str) -> None:
    del file, trouble


def _describe_file(
    file: Path, decoder: PictureDecoder, kind: FeatureKind, progress: Callable[[Path, str], None]
) -> NDArray[np.float32]:
    try:
        picture = decoder.decode(file.read_bytes(), at_least=FEATURE_STEPS.input_size)
        features = local_features(prepare_picture(picture, FEATURE_STEPS, resample_pillow), kind)
    except (MediaError, OSError) as error:
        progress(file, str(error))
        return np.zeros((0, DIMENSIONS[kind]), dtype=np.float32)
    progress(file, "")
    return features


def _sample(described: list[NDArray[np.float32]], most: int) -> NDArray[np.float32]:
    """Return an equal part of each picture's features, ``most`` in all or somewhat fewer."""
    if sum(len(features) for features in described) <= most:
        return np.concatenate(described)
    chance = np.random.default_rng(_SEED)
    part = max(1, most // len(described))
    return np.concatenate([chance.permutation(features)[:part] for features in described])


def _centres(features: NDArray[np.float32], words: int) -> NDArray[np.float32]:
    # kmeans++ draws from OpenCV's own random numbers.
    cv2.setRNGSeed(_SEED)
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, _ROUNDS, 1e-4)
    _, _, centres = cv2.kmeans(features, words, None, until, 1, cv2.KMEANS_PP_CENTERS)
    found: NDArray[np.float32] = centres
    return found
