"""Where a listing without an end goes on: a value that a cursor carries."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from damsight_schemas.search import Leg
from damsight_search.relevance.fusion import Ranked

HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """Where a listing goes on.

    Attributes:
        after: The two sort values of the last that was told; empty at the beginning.
        view: Of the index; empty where none is kept yet.
        renewed: The view is another than the listing began in.
        seen: Hashes of what was told before, or left out for good, one after the other.
        also: For the relevant set by date or title: the candidates that were kept.
        weights: Of the legs that were asked for the window.
        told: How many of the words' matches came before, for their ranks.
        floor: No match that follows is more relevant than this.
        at_least: Below this relevance the listing ends.
    """

    after: tuple[Any, ...] = ()
    view: str = ""
    renewed: bool = False
    seen: bytes = b""
    also: tuple[Ranked, ...] = ()
    weights: tuple[tuple[Leg, float], ...] = ()
    told: int = 0
    floor: float = 1.0
    at_least: float = 0.0

    def knowing(self, ids: Iterable[str]) -> "Listing":
        """Return the listing that will not tell these assets again."""
        return replace(self, seen=self.seen + b"".join(map(hash_of, ids)))

    def known(self) -> frozenset[bytes]:
        """Return the hashes apart."""
        starts = range(0, len(self.seen), HASH_BYTES)
        return frozenset(self.seen[place : place + HASH_BYTES] for place in starts)


def hash_of(asset_id: str) -> bytes:
    """Return eight bytes that stand for an id."""
    return blake2b(asset_id.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()
