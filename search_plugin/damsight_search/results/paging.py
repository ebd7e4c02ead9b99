"""Cursors: the rest of a frozen order, signed, in the asker's own hands. Any replica with the secret continues it.

A search with words or pictures freezes its window: what the first page fused stays in that order, so that paging
neither repeats nor skips, whatever is added, changed or deleted meanwhile; rights are checked anew on each page.
What follows the window, and what is browsed, is a listing in a view of the index (`damsight_search.results.listing`).

A cursor is base64url of HMAC-SHA256 (first 16 bytes, RFC 2104) and zlib-compressed JSON. It is bound to the request
(all but cursor, size and explain) and to whoever asks.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, get_args

import numpy as np
import orjson

from damsight_schemas.search import MAX_CURSOR, Leg, SearchRequest, Total
from damsight_search.errors import CursorError
from damsight_search.ports import Vector
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import LegRank, Ranked, found_by_frames
from damsight_search.results.listing import Listing

_MAC_BYTES = 16
_VERSION = 2
_LEGS: tuple[Leg, ...] = get_args(Leg)
# As many as a hit tells of its relevance.
_DECIMALS = 6
# It is a tenth longer than by the default, and written in a third of the time.
_FASTEST = 1
TOO_LONG = (
    "The ids here are so long that a cursor does not hold all candidates: some that only pictures brought are left out."
)


@dataclass(frozen=True, slots=True)
class Rest:
    """What a cursor carries.

    Attributes:
        window: What is left of the frozen order.
        after: The last hit's sort values, where the request browses in groups.
        total: As the first page told it.
        degraded: As the first page told it.
        picture: The digest of the uploaded pictures; empty where there were none.
        listing: What follows the window; none where the window is all.
        spare: The same for a window that a cursor cannot hold whole. It is not written.
        shown: What was looked for in frames, pages and slices, for the window's.
    """

    total: Total
    window: tuple[Ranked, ...] = ()
    after: tuple[Any, ...] = ()
    degraded: tuple[str, ...] = ()
    picture: str = ""
    listing: Listing | None = None
    spare: Listing | None = None
    shown: Vector | None = None


class Cursors:
    """Writes and reads cursors.

    Args:
        secret: At least 16 bytes, the same in every replica.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def write(self, rest: Rest, request: SearchRequest, principals: Principals) -> str:
        """Return a cursor; what of a window of very long ids does not fit into what a request takes is left out.

        What the words match of it follows in the listing; what they do not is told in `degraded`.
        """
        while True:
            cursor = self._sealed(rest, request, principals)
            if len(cursor) <= MAX_CURSOR or not _held(rest):
                return cursor
            rest = _shortened(rest)

    def read(self, request: SearchRequest, principals: Principals, pictures: Sequence[bytes] = ()) -> Rest:
        """Return what the request's cursor carries.

        Raises:
            CursorError: It is damaged, of another request, or of somebody else.
        """
        told = self._opened(request.cursor or "")
        if told["p"] != principals.digest:
            raise CursorError("belongs to somebody else, or your groups have changed")
        if told["q"] != request_digest(request):
            raise CursorError("belongs to another request: only size, explain and the cursor itself may change")
        if pictures and told["m"] != pictures_digest(pictures):
            raise CursorError("belongs to another picture")
        value, relation = told["t"]
        return Rest(
            total=Total(value=value, relation=relation),
            window=tuple(_read_ranked(row) for row in told["w"]),
            after=tuple(told["a"]),
            degraded=tuple(told["d"]),
            picture=told["m"],
            listing=_read_listing(told["l"]) if told["l"] else None,
            shown=np.frombuffer(base64.b64decode(told["s"]), "<f2").astype(np.float32) if told["s"] else None,
        )

    def _sealed(self, rest: Rest, request: SearchRequest, principals: Principals) -> str:
        told = {
            "v": _VERSION,
            "p": principals.digest,
            "q": request_digest(request),
            "t": [rest.total.value, rest.total.relation],
            "w": [_written_ranked(candidate) for candidate in rest.window],
            "a": list(rest.after),
            "d": list(rest.degraded),
            "m": rest.picture,
            "l": _written_listing(rest.listing) if rest.listing else None,
            "s": _written_shown(rest),
        }
        packed = zlib.compress(orjson.dumps(told), level=_FASTEST)
        return base64.urlsafe_b64encode(self._mac(packed) + packed).decode().rstrip("=")

    def _opened(self, cursor: str) -> dict[str, Any]:
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise CursorError("is damaged: it is no base64url") from error
        mac, packed = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(packed)):
            raise CursorError("is damaged, or was signed with another secret (DAMSIGHT_SEARCH__CURSOR_SECRET)")
        # Only what we sealed ourselves gets this far, so the size after decompression is bounded by what we packed.
        told: dict[str, Any] = orjson.loads(zlib.decompress(packed))
        if told.get("v") != _VERSION:
            raise CursorError("was written by another version")
        return told

    def _mac(self, packed: bytes) -> bytes:
        return hmac.digest(self._secret, packed, "sha256")[:_MAC_BYTES]


def request_digest(request: SearchRequest) -> str:
    """Return what tells requests apart whose order or hits differ."""
    # Facets are told on the first page alone, so that naming them again, or no longer, changes nothing.
    told = request.model_dump(mode="json", exclude={"cursor", "size", "explain", "facets"})
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def pictures_digest(pictures: Sequence[bytes]) -> str:
    """Return what tells uploaded pictures apart, in their order; empty for none."""
    return sha256(b"".join(sha256(picture).digest() for picture in pictures)).hexdigest()[:16] if pictures else ""


def _written_shown(rest: Rest) -> str:
    """Half precision: it only chooses among a hit's parts. Nothing, where no part is left to be told."""
    if rest.shown is None or not any(found_by_frames(candidate) for candidate in rest.window):
        return ""
    return base64.b64encode(rest.shown.astype("<f2").tobytes()).decode()


def _written_ranked(candidate: Ranked) -> list[Any]:
    legs = [[_LEGS.index(leg.leg), leg.rank, _short(leg.score), _short(leg.contribution)] for leg in candidate.legs]
    return [candidate.asset_id, _short(candidate.relevance), legs, *map(_written_ranked, candidate.duplicates)]


def _read_ranked(row: Sequence[Any]) -> Ranked:
    asset_id, relevance, legs, *duplicates = row
    scores = tuple(LegRank(_LEGS[position], rank, score, contribution) for position, rank, score, contribution in legs)
    return Ranked(asset_id, relevance, scores, duplicates=tuple(map(_read_ranked, duplicates)))


def _written_listing(listing: Listing) -> dict[str, Any]:
    return {
        "a": list(listing.after),
        "v": listing.view,
        "r": listing.renewed,
        "s": base64.b64encode(listing.seen).decode(),
        "k": [_written_ranked(candidate) for candidate in listing.also],
        "w": [[_LEGS.index(leg), weight] for leg, weight in listing.weights],
        "n": listing.told,
        "f": _short(listing.floor),
        "c": listing.at_least,
    }


def _read_listing(told: dict[str, Any]) -> Listing:
    return Listing(
        after=tuple(told["a"]),
        view=told["v"],
        renewed=told["r"],
        seen=base64.b64decode(told["s"]),
        also=tuple(_read_ranked(row) for row in told["k"]),
        weights=tuple((_LEGS[position], weight) for position, weight in told["w"]),
        told=told["n"],
        floor=told["f"],
        at_least=told["c"],
    )


def _held(rest: Rest) -> tuple[Ranked, ...]:
    return rest.window or (rest.listing.also if rest.listing else ())


def _shortened(rest: Rest) -> Rest:
    """Return the rest with a shorter window, and what follows it where the words match any of the others."""
    held = _held(rest)
    kept, lost = held[: len(held) * 3 // 4], held[len(held) * 3 // 4 :]
    degraded = rest.degraded
    if not all(_is_matched_by_words(one) for one in lost) and TOO_LONG not in degraded:
        degraded = (*degraded, TOO_LONG)
    if rest.window:
        return replace(rest, window=kept, degraded=degraded, listing=rest.listing or rest.spare)
    return replace(rest, degraded=degraded, listing=replace(rest.listing, also=kept) if rest.listing else None)


def _is_matched_by_words(candidate: Ranked) -> bool:
    return any(leg.leg in ("exact", "keyword") for leg in candidate.legs)


def _short(number: float) -> float:
    return round(number, _DECIMALS)
