"""Where in a picture it shows what was looked for, drawn over the picture."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from damsight_encoders.explain.overlay import overlay
from damsight_schemas.errors import FieldProblem
from damsight_search.agreement import Agreement
from damsight_search.errors import (
    AssetNotFoundError,
    EncoderDownError,
    NothingToCompareError,
    RefusedRequestError,
)
from damsight_search.ports import QueryEncoder, SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import vectors_body

_FIELD: Final = "image_vector"


class Explaining:
    """Draws explanations.

    Args:
        index: For the vector of another asset.
        encoder: For words, and for where.
        agreement: Whether the index's vectors are the loaded model's.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, encoder: QueryEncoder, agreement: Agreement, *, timeout: str) -> None:
        self._index = index
        self._encoder = encoder
        self._agreement = agreement
        self._timeout = timeout

    def drawn(self, picture: bytes, principals: Sequence[str], *, text: str = "", like: str = "") -> bytes:
        """Return a PNG: the picture in grey, and in colour how much each part speaks for what was looked for.

        Args:
            picture: An asset's, which these principals may see.
            principals: Who asks.
            text: Words; or
            like: Another asset, which the picture is like.

        Raises:
            RefusedRequestError: Neither or both are given.
            AssetNotFoundError: The other asset is not there for these principals.
            NothingToCompareError: It has no picture.
            NotExplainableHereError: No model here can tell.
            EncoderDownError: The encoder does not answer, or did not fill the index.
            PictureRefusedError: The picture is none that is taken.
        """
        text = text.strip()
        if bool(text) == bool(like):
            raise RefusedRequestError([FieldProblem("q", "give either words (q) or another asset (like)")])
        wanted = self._looks_of(like, Principals(principals)) if like else text
        return overlay(*self._encoder.where(picture, wanted))

    def _looks_of(self, asset_id: str, who: Principals) -> Vector:
        answer = self._index.search(vectors_body([asset_id], who, timeout=self._timeout))
        if not answer.found:
            raise AssetNotFoundError(asset_id)
        self._agreement.holds(answer.generation)
        refusal = self._agreement.refuses(_FIELD)
        if refusal:
            raise EncoderDownError(f"What the asset looks like cannot be compared: {refusal}.")
        stored = answer.found[0].source
        if _FIELD not in stored:
            raise NothingToCompareError(f"Asset {asset_id!r} has no picture that was read.")
        vector: Vector = np.asarray(stored[_FIELD], dtype=np.float32)
        return vector
