"""What should be in the index against what is there, asset by asset. Pure; it knows nothing of lag."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.ports import Encoders
from damsight_schemas.connections import EncodingLimits
from faults.history import Change, Shelf

Document = Mapping[str, Any]
Vector = NDArray[np.float32]
_SHOWN = 5
# The index keeps bfloat16: eight bits of significand.
_ROUNDED = 2**-8


@dataclass
class Comparison:
    """What is wrong, by asset.

    Attributes:
        missing: Not there, or hidden by a tombstone that something newer should have replaced.
        stale: There as of an older revision.
        resurrected: Deleted, and there.
        wrong: There as of the right revision, with a field that is not as it should be.
        unknown: There, and never told of.
    """

    compared: int = 0
    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.stale or self.resurrected or self.wrong or self.unknown)

    def __str__(self) -> str:
        kinds = ("missing", "stale", "resurrected", "wrong", "unknown")
        told = [f"{len(found)} {kind} {found[:_SHOWN]}" for kind in kinds if (found := getattr(self, kind))]
        return f"{self.compared} assets compared: {', '.join(told) or 'none missing, stale, resurrected or wrong'}"


class RightVectors:
    """The vectors that documents should have, made without the consumer.

    Args:
        encoders: The same that the consumer has.
        shelf: The pictures.
    """

    def __init__(self, encoders: Encoders, shelf: Shelf) -> None:
        assert encoders.joint is not None
        assert encoders.caption is not None
        self._joint, self._caption = encoders.joint, encoders.caption
        self._decoder = PillowDecoder(EncodingLimits())
        self._shelf = shelf
        self._pictures: dict[str, Vector] = {}

    def picture(self, change: Change) -> Vector | None:
        """None where there is no picture, no file, or one that is bad on purpose."""
        path = self._shelf.path_of(change.uri)
        if path is None or not path.exists() or path.name.startswith("bad-"):
            return None
        if path.name not in self._pictures:
            picture = self._decoder.decode(path.read_bytes(), at_least=2 * self._joint.input_size)
            self._pictures[path.name] = self._joint.encode_images([self._joint.prepare(picture)])[0]
        return self._pictures[path.name]

    def caption(self, change: Change) -> Vector:
        vector: Vector = self._caption.encode_texts([f"{change.title}. {', '.join(change.tags)}"])[0]
        return vector


def compare(
    expected: Mapping[str, Change],
    stored: Mapping[str, Document],
    vectors: RightVectors | None,
) -> Comparison:
    """Compare every asset.

    Args:
        expected: The reference; see `faults.history.newest`.
        stored: Documents by id, tombstones too.
        vectors: None leaves the vectors out.
    """
    comparison = Comparison(compared=len(expected))
    for asset_id, change in expected.items():
        document = stored.get(asset_id)
        if document is None:
            comparison.missing.append(asset_id)
        elif document["deleted"] != change.deleted:
            _alive_or_dead(comparison, change, document)
        elif document["revision"] < change.revision:
            comparison.stale.append(asset_id)
        else:
            comparison.wrong += [f"{asset_id}.{name}" for name in _wrong_fields(change, document, vectors)]
    comparison.unknown += sorted(set(stored) - set(expected))
    return comparison


def _alive_or_dead(comparison: Comparison, change: Change, document: Document) -> None:
    if change.deleted:
        comparison.resurrected.append(change.asset_id)
    elif document["revision"] < change.revision:
        comparison.stale.append(change.asset_id)
    else:
        comparison.missing.append(change.asset_id)


def _wrong_fields(change: Change, document: Document, vectors: RightVectors | None) -> list[str]:
    right: dict[str, Any] = {"asset_id": change.asset_id, "revision": change.revision}
    if change.deleted:
        left = set(document) - {"asset_id", "revision", "deleted", "acl"}
        return [name for name in right if document[name] != right[name]] + sorted(left)
    right |= {"title": change.title, "tags": change.tags, "acl": change.acl, "uri": change.uri}
    wrong = [name for name, value in right.items() if document.get(name) != value]
    return wrong if vectors is None else wrong + _wrong_vectors(change, document, vectors)


def _wrong_vectors(change: Change, document: Document, vectors: RightVectors) -> list[str]:
    picture = vectors.picture(change)
    right = {"image_vector": picture, "caption_vector": vectors.caption(change)}
    wrong = [name for name, vector in right.items() if not _same(document.get(name), vector)]
    lacks_picture = change.uri is not None and picture is None
    return wrong + (["problem"] if ("problem" in document) != lacks_picture else [])


def _same(stored: object, right: Vector | None) -> bool:
    if stored is None or right is None:
        return stored is None and right is None
    return bool(np.allclose(np.asarray(stored, dtype=np.float32), right, rtol=_ROUNDED, atol=0.0))
