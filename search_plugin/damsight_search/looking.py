"""From what somebody looks for to the vector legs; what cannot be encoded is told, never dropped in silence."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from damsight_schemas.search import Leg, SearchRequest
from damsight_schemas.space import VectorField
from damsight_search.agreement import Agreement
from damsight_search.errors import AssetNotFoundError, EncoderDownError, NothingToCompareError
from damsight_search.looks import combined
from damsight_search.page_bodies import vectors_body
from damsight_search.plan import Mode, VectorLeg, weights_of
from damsight_search.ports import QueryEncoder, SearchIndex, Vector
from damsight_search.principal import Principals


@dataclass(slots=True)
class _Gathered:
    wanted: list[Vector] = field(default_factory=list)
    unwanted: list[Vector] = field(default_factory=list)
    captions: list[Vector] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)


class Looking:
    """Encodes a request.

    Args:
        index: For the vectors of the assets to be like.
        encoder: For words and pictures.
        agreement: Which fields the two agree on.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, encoder: QueryEncoder, agreement: Agreement, *, timeout: str) -> None:
        self._index = index
        self._encoder = encoder
        self._agreement = agreement
        self._timeout = timeout

    def legs(
        self, request: SearchRequest, principals: Principals, pictures: Sequence[bytes] = ()
    ) -> tuple[list[VectorLeg], list[str]]:
        """Return the vector legs, and what could not be done in words.

        Raises:
            AssetNotFoundError: An asset to be like or unlike is not there for these principals.
            PictureRefusedError: The picture is none that we take.
            EncoderDownError: Nothing could be encoded, and there are no words to search by without vectors.
            NothingToCompareError: The assets to be like have no vectors, and nothing else is looked for.
        """
        asked = weights_of(request)
        gathered = _Gathered()
        self._assets(request, principals, gathered)
        if "image" in asked:
            self._pictures_and_words(request, pictures, gathered)
        if "caption" in asked and request.text.strip() and self._agreement.indexed().caption_vector:
            self._encode(gathered, gathered.captions, request.text.strip(), "caption_vector")
        looks = combined(gathered.wanted, gathered.unwanted) if "image" in asked else None
        meaning = combined(gathered.captions, []) if "caption" in asked else None
        by_pictures = bool(request.like or request.unlike) or bool(pictures)
        described = gathered.captions and not request.text.strip()
        legs = [
            *_leg("image", "image_vector", looks, "picture" if by_pictures else "text"),
            *_leg("caption", "caption_vector", meaning, "picture" if described else "text"),
        ]
        if not legs and not request.text.strip():
            _refuse_empty(gathered)
        return legs, gathered.degraded

    def _assets(self, request: SearchRequest, principals: Principals, gathered: _Gathered) -> None:
        ids = list(dict.fromkeys([*request.like, *request.unlike]))
        if not ids:
            return
        answer = self._index.search(vectors_body(ids, principals, timeout=self._timeout))
        self._agreement.holds(answer.generation)
        stored = {found.asset_id: found.source for found in answer.found}
        for asset_id in ids:
            if asset_id not in stored:
                raise AssetNotFoundError(asset_id)
        gathered.wanted += _vectors(stored, request.like, "image_vector")
        gathered.unwanted += _vectors(stored, request.unlike, "image_vector")
        if not gathered.wanted:
            # Sound and documents have no picture: they are like what is described alike.
            gathered.captions += _vectors(stored, request.like, "caption_vector")

    def _pictures_and_words(self, request: SearchRequest, pictures: Sequence[bytes], gathered: _Gathered) -> None:
        # An index that holds no pictures is how it was made; only what was asked for by pictures is then missed.
        if request.text.strip() and self._agreement.indexed().image_vector:
            self._encode(gathered, gathered.wanted, request.text.strip(), "image_vector")
        if request.must_not_look_like.strip():
            self._encode(gathered, gathered.unwanted, request.must_not_look_like.strip(), "image_vector")
        for picture in pictures:
            self._encode(gathered, gathered.wanted, picture, "image_vector")

    def _encode(self, gathered: _Gathered, into: list[Vector], given: str | bytes, name: VectorField) -> None:
        try:
            vector = self._encoder.picture(given) if isinstance(given, bytes) else self._encoder.words(given, name)
        except EncoderDownError as error:
            _tell(gathered, name, str(error))
            return
        # Asked afterwards: a model that was loaded just now is compared too.
        refusal = self._agreement.refuses(name)
        if refusal:
            _tell(gathered, name, refusal)
        else:
            into.append(vector)


def _tell(gathered: _Gathered, name: VectorField, reason: str) -> None:
    what = "what pictures show" if name == "image_vector" else "the meaning of captions"
    words = f"Not searched by {what}: {reason}."
    if words not in gathered.degraded:
        gathered.degraded.append(words)


def _leg(leg: Leg, name: VectorField, vector: Vector | None, mode: Mode) -> list[VectorLeg]:
    return [VectorLeg(leg, name, vector, mode)] if vector is not None else []


def _vectors(stored: dict[str, dict[str, list[float]]], ids: Sequence[str], name: VectorField) -> list[Vector]:
    return [np.asarray(stored[asset_id][name], dtype=np.float32) for asset_id in ids if name in stored[asset_id]]


def _refuse_empty(gathered: _Gathered) -> None:
    if gathered.degraded:
        raise EncoderDownError(" ".join(gathered.degraded))
    raise NothingToCompareError(
        "The assets to be like have no vectors, or what is wanted and unwanted cancel each other out."
    )
