"""Learns concepts from their examples' stored vectors, in the space that the index holds now."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from damsight_schemas.errors import FieldProblem
from damsight_search.agreement import Agreement
from damsight_search.conditions.filters import permitted
from damsight_search.errors import AssetNotFoundError, RefusedRequestError
from damsight_search.learning.background_sample import background_sample
from damsight_search.learning.concept_records import Learnt
from damsight_search.learning.probe import FEWEST_BACKGROUND, Rows, fit
from damsight_search.ports import SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.visible import visible
from damsight_search.vectors.image_vectors import image_vectors

# Vectors of length 1: the same one has a dot product of 1 with itself, but for rounding.
_THE_SAME = 1.0 - 1e-4


@dataclass(frozen=True, slots=True)
class Learning:
    """Learns.

    Attributes:
        index: Where the vectors are.
        agreement: Tells which space they are of.
        timeout: As Elasticsearch writes it.
    """

    index: SearchIndex
    agreement: Agreement
    timeout: str

    def space(self) -> str:
        """Return the space of the index's image vectors; empty where it holds none.

        Raises:
            SearchUnavailableError: The index does not answer.
        """
        space = self.agreement.indexed().image_vector
        return str(space) if space is not None else ""

    def require_visible(self, ids: Sequence[str], who: Principals) -> None:
        """Refuse an example that somebody may not see.

        Raises:
            AssetNotFoundError: It is not there for them.
            SearchUnavailableError: The index does not answer.
        """
        seen = visible(self.index, ids, who, timeout=self.timeout)
        for asset_id in ids:
            if asset_id not in seen:
                raise AssetNotFoundError(asset_id)

    def learnt(self, good: Sequence[str], bad: Sequence[str], who: Principals) -> Learnt:
        """Learn from these examples, as far as they are there and have a vector.

        Raises:
            RefusedRequestError: No good example has a vector, or there is nothing to tell them from.
            SearchError: The index does not answer as it should.
        """
        filters = permitted(who)
        stored = image_vectors(self.index, [*good, *bad], filters, timeout=self.timeout)
        shown, others = _rows(good, stored), _rows(bad, stored)
        if not len(shown):
            _refuse("good", "none of these has an image vector, so nothing can be learnt from them")
        background = background_sample(self.index, filters, timeout=self.timeout)
        background = _without(background, shown)
        others = others if len(others) else np.zeros((0, shown.shape[1]), dtype=np.float32)
        if len(background) < FEWEST_BACKGROUND:
            background = np.zeros((0, shown.shape[1]), dtype=np.float32)
            if not len(others):
                _refuse("bad", "there are too few other assets to tell these from: name one at least")
        return Learnt(fit(shown, others, background), self.space(), len(shown), len(others), len(background))


def _rows(ids: Sequence[str], stored: dict[str, Vector]) -> Rows:
    rows = [stored[asset_id] for asset_id in dict.fromkeys(ids) if asset_id in stored]
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)


def _without(background: Rows, good: Rows) -> Rows:
    """Return the background without the good examples, which may have been drawn too."""
    if not len(background):
        return background
    return np.asarray(background[(background @ good.T).max(axis=1) < _THE_SAME], dtype=np.float32)


def _refuse(field: str, problem: str) -> None:
    raise RefusedRequestError([FieldProblem(field, problem)])
