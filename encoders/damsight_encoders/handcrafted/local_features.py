"""Points of a picture that are found again when it is turned, scaled or cut, each with a description."""

from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from damsight_encoders.ports import Prepared
from damsight_encoders.steps import ImageSteps

FeatureKind = Literal["sift", "orb"]
"""sift: Lowe 2004, Distinctive Image Features from Scale-Invariant Keypoints; orb: Rublee et al. 2011, ORB."""

FEATURE_STEPS: Final = ImageSteps(resize="patches", patch_size=2, max_patches=192**2, resample=2)
"""To the picture's own shape, with the area of 384 x 384 pixels."""
DIMENSIONS: Final[dict[FeatureKind, int]] = {"sift": 128, "orb": 256}
_MOST_FEATURES: Final = 500


def local_features(pixels: Prepared, kind: FeatureKind) -> NDArray[np.float32]:
    """Return (n, DIMENSIONS[kind]) float32, n some 500 at most (ties are kept); 0 for a picture without any detail.

    SIFT's are brought to RootSIFT (Arandjelovic & Zisserman 2012, Three Things Everyone Should Know), ORB's to their
    bits as 0 and 1: so the Euclidean distance is a sound one for both.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    _, found = _detector(kind).detectAndCompute(grey, None)
    if found is None or len(found) == 0:
        return np.zeros((0, DIMENSIONS[kind]), dtype=np.float32)
    if kind == "orb":
        return np.unpackbits(found, axis=1).astype(np.float32)
    rooted: NDArray[np.float32] = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1))
    return rooted


def _detector(kind: FeatureKind) -> Any:
    # Made anew each time: OpenCV does not say that one may be used from several threads.
    detector: Any = cv2.SIFT if kind == "sift" else cv2.ORB
    return detector.create(nfeatures=_MOST_FEATURES)
