"""What tells that two assets are the same picture: the digest of their bytes, the hash of their looks, their vectors.

Pure. Two are the same where their bytes are; or where their perceptual hashes are near and, if both have an image
vector, these are near too. A hash alone takes two drawings of one outline for the same, and a vector alone takes two
photographs of one thing for the same: what is measured of both is in docs/search.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.perceptual_hash import NEAR, is_perceptual_hash
from damsight_search.ports import Found, Vector

DOC_VALUES = ("sha256", "perceptual_hash")
"""What has to be read of a hit to know its fingerprint."""

SAME_LOOKS = 0.90
"""The least cosine of the image vectors of one picture in two files."""

Pairs = NDArray[np.bool_]
"""Shape (n, n), symmetric: which of n assets go together."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is known of an asset's bytes and looks.

    Attributes:
        sha256: Of the bytes, in hex; empty where it is not known.
        perceptual_hash: 16 hex digits; empty where the asset is no still, shows nothing, or was indexed before.
    """

    sha256: str = ""
    perceptual_hash: str = ""


NOT_KNOWN = Fingerprint()


def fingerprint(told: Mapping[str, Any]) -> Fingerprint:
    """Return what doc values, or a document, tell."""
    sha256, looks = (_first(told.get(name)) for name in DOC_VALUES)
    return Fingerprint(str(sha256 or ""), str(looks) if is_perceptual_hash(looks) else "")


def fingerprints(found: Sequence[Found]) -> dict[str, Fingerprint]:
    """Return those of hits that were read with their `DOC_VALUES`."""
    return {hit.asset_id: fingerprint(hit.fields) for hit in found}


def hash_bits(prints: Sequence[Fingerprint]) -> NDArray[np.uint64]:
    """Return the hashes as numbers; 0 where there is none, which `has_hash` tells."""
    return np.array([int(one.perceptual_hash or "0", 16) for one in prints], dtype=np.uint64)


def same_bytes(prints: Sequence[Fingerprint]) -> Pairs:
    """Return which assets hold the same bytes."""
    digests = np.array([one.sha256 for one in prints], dtype=np.str_)
    pairs: Pairs = (digests[:, None] == digests[None, :]) & (digests != "")
    return pairs


def near_looks(prints: Sequence[Fingerprint]) -> Pairs:
    """Return which assets have near perceptual hashes."""
    bits = hash_bits(prints)
    known = np.array([bool(one.perceptual_hash) for one in prints], dtype=np.bool_)
    pairs: Pairs = (np.bitwise_count(bits[:, None] ^ bits[None, :]) <= NEAR) & known[:, None] & known[None, :]
    return pairs


def look_the_same(one: Vector | None, other: Vector | None) -> bool:
    """Tell whether two image vectors allow that two assets are one picture; where one is not known, they do.

    Args:
        one: Shape (dimensions,).
        other: The same.
    """
    cosine = cosine_of(one, other)
    return cosine is None or cosine >= SAME_LOOKS


def cosine_of(one: Vector | None, other: Vector | None) -> float | None:
    """Return the cosine of two vectors; none where one is not known or has another length."""
    if one is None or other is None or one.shape != other.shape:
        return None
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 0 else None


def _first(value: Any) -> Any:
    if isinstance(value, list):
        return value[0] if value else None
    return value
