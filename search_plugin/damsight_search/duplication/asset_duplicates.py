"""The duplicates of one asset, under the permissions of whoever asks."""

from collections.abc import Mapping, Sequence
from typing import Any

from damsight_schemas.duplicates import AssetDuplicates, Duplicate
from damsight_schemas.perceptual_hash import NEAR, distance
from damsight_search.conditions.filters import permitted
from damsight_search.duplication.duplicate_bodies import alike_body, image_vectors_body
from damsight_search.duplication.fingerprints import (
    NOT_KNOWN,
    SAME_LOOKS,
    Fingerprint,
    cosine_of,
    fingerprint,
    fingerprints,
)
from damsight_search.errors import AssetNotFoundError
from damsight_search.ports import Found, SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.shown import shown
from damsight_search.vectors.image_vectors import AT_ONCE, image_vector_of

COMPARED = 2000
"""How many that share a piece of the hash are compared: those that share the most come first."""

TOLD = 200
"""How many duplicates are told at most."""

TIMEOUT = "5000ms"


class Duplicates:
    """Finds what is the same as an asset. Safe to call from many threads.

    Args:
        index: Where the assets are.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, *, timeout: str = TIMEOUT) -> None:
        self._index = index
        self._timeout = timeout

    def of(self, asset_id: str, principals: Sequence[str]) -> AssetDuplicates:
        """Return the duplicates of an asset.

        Raises:
            NoPrincipalError: Nobody asks.
            AssetNotFoundError: The asset is not there for these principals.
            SearchTimeoutError: It did not end in time.
            SearchUnavailableError: The index does not answer.
        """
        who = Principals(principals)
        mine = self._documents([asset_id], who).get(asset_id)
        if mine is None:
            raise AssetNotFoundError(asset_id)
        known = fingerprint(mine)
        if known == NOT_KNOWN:
            return AssetDuplicates(asset_id=asset_id, duplicates=[])
        body = alike_body(asset_id, known, permitted(who), size=COMPARED, timeout=self._timeout)
        answer = self._index.search(body)
        near = _near(answer.found, known)
        documents = self._documents(list(near)[:TOLD], who)
        looks = image_vector_of(mine)
        told = [_told(one, documents[one], near[one], known, looks) for one in near if one in documents]
        return AssetDuplicates(
            asset_id=asset_id,
            duplicates=sorted((one for one in told if one is not None), key=_order),
            complete=answer.total <= COMPARED and len(near) <= TOLD and not answer.lost_shards,
        )

    def _documents(self, ids: Sequence[str], who: Principals) -> dict[str, Mapping[str, Any]]:
        told: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids), AT_ONCE):
            body = image_vectors_body(
                ids[start : start + AT_ONCE], permitted(who), with_documents=True, timeout=self._timeout
            )
            told |= {found.asset_id: found.source for found in self._index.search(body).found}
        return told


def _near(found: Sequence[Found], known: Fingerprint) -> dict[str, Fingerprint]:
    """Return those whose bytes are the same or whose hashes are near, the most alike first."""
    told = fingerprints(found)
    apart = {asset_id: _apart(one, known) for asset_id, one in told.items()}
    return {asset_id: told[asset_id] for asset_id in sorted(told, key=apart.__getitem__) if apart[asset_id] <= NEAR}


def _apart(one: Fingerprint, known: Fingerprint) -> int:
    if _same_bytes(one, known):
        return -1
    bits = _bits(one, known)
    return NEAR + 1 if bits is None else bits


def _told(
    asset_id: str, document: Mapping[str, Any], one: Fingerprint, known: Fingerprint, looks: Vector | None
) -> Duplicate | None:
    cosine = cosine_of(image_vector_of(document), looks)
    equal = _same_bytes(one, known)
    if not equal and cosine is not None and cosine < SAME_LOOKS:
        return None
    return Duplicate(
        asset_id=asset_id,
        same="bytes" if equal else "looks",
        bits=_bits(one, known),
        cosine=None if cosine is None else round(cosine, 4),
        asset=shown(document),
    )


def _same_bytes(one: Fingerprint, other: Fingerprint) -> bool:
    return bool(one.sha256) and one.sha256 == other.sha256


def _bits(one: Fingerprint, other: Fingerprint) -> int | None:
    if not one.perceptual_hash or not other.perceptual_hash:
        return None
    return distance(one.perceptual_hash, other.perceptual_hash)


def _order(one: Duplicate) -> tuple[bool, int, str]:
    return one.same != "bytes", one.bits if one.bits is not None else NEAR + 1, one.asset_id
