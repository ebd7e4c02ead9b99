"""Personal ranking: what somebody opened, took and found right weighs in, within a bound, and only on what is found.

A profile is the mean of the image vectors of those assets, each by what was done with it and how long ago (Rocchio's
positive feedback, 1971, over many searches). It looks among what the other legs bring and adds nothing to it: it only
orders. It is made from the person's own feedback, under the rights that the person has now, and is gone with it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from damsight_index.own_records import OwnRecord, OwnRecords
from damsight_schemas.search import SearchRequest
from damsight_schemas.space import IndexSpaces
from damsight_search.conditions.filters import permitted
from damsight_search.learning.feedback import KIND, person
from damsight_search.learning.recently import Recently
from damsight_search.plan import Plan, VectorLeg
from damsight_search.ports import SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.vectors.image_vectors import image_vectors

KEPT_S = 300.0
"""How long a profile is kept; other replicas forget it as late as that."""

LATEST = 500
"""Acts that make a profile; older ones would weigh next to nothing."""

HALF_LIFE = timedelta(days=30)
# To open a hit is easily done; to take it or to mark it right is not. A hit marked wrong was wrong for its request.
ACTS: Mapping[str, float] = {"opened": 0.3, "downloaded": 1.0, "marked-right": 1.0}
FEWEST = 3
"""Assets: of fewer it would be these themselves that came first."""

_MOST_KEPT = 2000
_SHORTEST = 1e-3
STRANGER = "Not ranked for a person: nobody is signed in."
TOO_LITTLE = "Not ranked for a person: too little is known yet of what you opened, took or marked as right."


class Personal:
    """Knows people's profiles. Safe to call from many threads.

    Args:
        records: Where feedback is kept.
        index: For the vectors.
        timeout: As Elasticsearch writes it.
        clock: Tells the time.
    """

    def __init__(
        self,
        records: OwnRecords,
        index: SearchIndex,
        *,
        timeout: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._records = records
        self._index = index
        self._timeout = timeout
        self._clock = clock
        self._profiles = Recently(KEPT_S, most=_MOST_KEPT)

    def leaning(
        self, plan: Plan, request: SearchRequest, who: Principals, spaces: IndexSpaces
    ) -> tuple[Plan, tuple[str, ...]]:
        """Return the plan with a person's profile where the request asks for it, and why not where it has none.

        Args:
            plan: Of the legs.
            request: What is looked for.
            who: Who asks.
            spaces: Of the index that will answer, as last read: a profile is of one space.

        Raises:
            SearchError: The index does not answer as it should.
        """
        if not request.personal:
            return plan, ()
        if not person(who):
            return plan, (STRANGER,)
        profile = self.profile(who, spaces)
        if profile is None:
            return plan, (TOO_LITTLE,)
        return replace(plan, leaning=VectorLeg("personal", "image_vector", profile, "picture", spaces.similarity)), ()

    def profile(self, who: Principals, spaces: IndexSpaces) -> Vector | None:
        """Return a person's profile, L2-normalised; none for strangers, and where too little is known.

        Raises:
            SearchError: The index does not answer as it should.
        """
        owner, space = person(who), spaces.image_vector
        if not owner or space is None:
            return None
        profile: Vector | None = self._profiles.get((owner, who.digest, str(space)), lambda: self._made(owner, who))
        return profile

    def forget(self, owner: str) -> None:
        """Drop what is kept of a person's profiles."""
        self._profiles.drop(lambda key: key[0] == owner)

    def _made(self, owner: str, who: Principals) -> Vector | None:
        acts = self._records.latest(KIND, owner=owner, most=LATEST)
        weights = self._weights(acts)
        vectors = image_vectors(self._index, list(weights), permitted(who), timeout=self._timeout)
        if len(vectors) < FEWEST:
            return None
        mean = np.sum([weights[asset_id] * vector for asset_id, vector in vectors.items()], axis=0)
        length = float(np.linalg.norm(mean))
        return np.asarray(mean / length, dtype=np.float32) if length > _SHORTEST * sum(weights.values()) else None

    def _weights(self, acts: list[OwnRecord]) -> dict[str, float]:
        now = self._clock()
        weights: dict[str, float] = defaultdict(float)
        for act in acts:
            worth = ACTS.get(str(act.body.get("action")), 0.0)
            if act.about and act.at is not None and worth:
                weights[act.about[0]] += worth * 0.5 ** (max(timedelta(), now - act.at) / HALF_LIFE)
        return weights
