"""Which visual words a picture has: found again when it is turned, scaled or cut.

Sivic & Zisserman 2003, Video Google: words weighed by how often a picture has them and how few others do. Square roots
of the counts, against words that come in bursts: Jegou, Douze & Schmid 2009, On the Burstiness of Visual Elements.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.handcrafted.described import DescribedEncoder, unit
from damsight_encoders.handcrafted.local_features import FEATURE_STEPS, local_features
from damsight_encoders.handcrafted.vocabulary import Vocabulary, nearest_words
from damsight_encoders.ports import Prepared

_REVISION: Final = "1"


def open_words(vocabulary: Vocabulary) -> DescribedEncoder:
    """Make the encoder of visual words. Its vectors have one dimension a word, and a last one for no words."""

    def describe(pixels: Prepared) -> NDArray[np.float32]:
        return describe_words(pixels, vocabulary)

    return DescribedEncoder(
        describe,
        steps=FEATURE_STEPS,
        name=f"words-{vocabulary.kind}",
        revision=f"{_REVISION}-{vocabulary.digest}",
        dimensions=len(vocabulary.centres) + 1,
    )


def describe_words(pixels: Prepared, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Return (words + 1,) float32 of length 1."""
    features = local_features(pixels, vocabulary.kind)
    vector = np.zeros(len(vocabulary.centres) + 1, dtype=np.float32)
    if len(features) == 0:
        vector[-1] = 1
        return vector
    counts = np.bincount(nearest_words(features, vocabulary.centres), minlength=len(vocabulary.centres))
    vector[:-1] = np.sqrt(counts) * vocabulary.rarities
    return unit(vector)
