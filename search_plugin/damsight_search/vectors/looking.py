"""From what somebody looks for to the vector legs; what cannot be encoded is told, never dropped in silence."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from damsight_encoders.content import Picture
from damsight_schemas.errors import FieldProblem
from damsight_schemas.search import MAX_PICTURES, Box, Example, Leg, SearchRequest
from damsight_schemas.space import VECTOR_FIELDS, VectorField
from damsight_search.agreement import Agreement
from damsight_search.errors import (
    AssetNotFoundError,
    EncoderDownError,
    NoPreviewError,
    NothingToCompareError,
    PictureRefusedError,
    RefusedRequestError,
)
from damsight_search.pictures.asset_pictures import AssetPictures
from damsight_search.plan import Mode, VectorLeg, weights_of
from damsight_search.ports import QueryEncoder, SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import vectors_body
from damsight_search.vectors.gathered import LEG_FIELDS, Gathered
from damsight_search.vectors.looks import Aversion, Look
from damsight_search.words.understanding import understood

PLAIN = Example()
_BY_WORDS: tuple[VectorField, ...] = ("image_vector", "caption_vector", "audio_vector")
_BY_PICTURES: tuple[VectorField, ...] = ("image_vector", "look_vector")
Stored = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Looked:
    """What comes of a request.

    Attributes:
        legs: The vector legs.
        degraded: What could not be done, in words.
        aversion: Tells hits that are nearer to what is unwanted.
    """

    legs: tuple[VectorLeg, ...]
    degraded: tuple[str, ...] = ()
    aversion: Aversion | None = None


class Looking:
    """Encodes a request.

    Args:
        index: For the vectors of the assets to be like.
        encoder: For words and pictures.
        agreement: Which fields the two agree on.
        timeout: As Elasticsearch writes it.
        pictures: Reads the pictures of assets, for parts of them; none: no part of an asset can be searched by.
    """

    def __init__(
        self,
        index: SearchIndex,
        encoder: QueryEncoder,
        agreement: Agreement,
        *,
        timeout: str,
        pictures: AssetPictures | None = None,
    ) -> None:
        self._index = index
        self._encoder = encoder
        self._agreement = agreement
        self._timeout = timeout
        self._pictures = pictures

    def looked(self, request: SearchRequest, principals: Principals, pictures: Sequence[bytes] = ()) -> Looked:
        """Return the vector legs, and what could not be done.

        Raises:
            RefusedRequestError: An example names nothing, a part's picture cannot be read, or there are too many
                pictures; PictureRefusedError, where a picture is none that we take, is such.
            AssetNotFoundError: An asset to be like or unlike is not there for these principals.
            EncoderDownError: Nothing could be encoded, and there are no words to search by without vectors.
            NothingToCompareError: The assets to be like have no vectors, and nothing else is looked for.
        """
        _refuse_what_names_nothing(request, pictures)
        asked = weights_of(request)
        fields = self._fields(request, asked)
        text, gathered = understood(request).text, Gathered()
        self._assets(request, principals, fields, gathered)
        self._uploads(request, pictures, fields, gathered)
        self._words(request, text, fields, gathered)
        something = bool(text or request.like or pictures)
        legs = gathered.legs(asked, self._agreement.indexed().similarity, only_unwanted=not something)
        if not legs and not text:
            _refuse_empty(gathered)
        return Looked(tuple(legs), tuple(gathered.degraded), gathered.aversion())

    def _fields(self, request: SearchRequest, asked: Mapping[Leg, float]) -> set[VectorField]:
        """Return the fields that legs which count look into, where the index holds them or they were named."""
        held = self._agreement.indexed().fields()
        return {name for leg, name in LEG_FIELDS.items() if leg in asked and (name in held or leg in request.weights)}

    def _assets(
        self, request: SearchRequest, principals: Principals, fields: set[VectorField], gathered: Gathered
    ) -> None:
        ids = list(dict.fromkeys([*request.like, *request.unlike]))
        if not ids:
            return
        answer = self._index.search(vectors_body(ids, principals, timeout=self._timeout))
        self._agreement.holds(answer.generation)
        stored: Stored = {found.asset_id: found.source for found in answer.found}
        for asset_id in ids:
            if asset_id not in stored:
                raise AssetNotFoundError(asset_id)
        seen = any("image_vector" in stored[asset_id] for asset_id in request.like)
        # Sound and documents have no picture: they are like what is described alike.
        compared = [name for name in VECTOR_FIELDS if name in fields and (name != "caption_vector" or not seen)]
        for asset_id in request.like:
            for name, look in self._looks_of(asset_id, stored, request, compared, gathered):
                gathered.want(name, look)
        for asset_id in request.unlike:
            for name, look in self._looks_of(asset_id, stored, request, compared, gathered):
                gathered.turn_from(name, look)

    def _looks_of(
        self, asset_id: str, stored: Stored, request: SearchRequest, compared: Sequence[VectorField], gathered: Gathered
    ) -> Iterator[tuple[VectorField, Look]]:
        example, source = request.examples.get(asset_id, PLAIN), stored[asset_id]
        if example.box is not None:
            part = self._part(source, example.box)
            yield from self._encoded(part, example, [name for name in compared if name in _BY_PICTURES], gathered)
            return
        for name in compared:
            if name in source:
                yield name, Look(np.asarray(source[name], dtype=np.float32), "picture", example.weight)

    def _part(self, media: Mapping[str, Any], box: Box) -> Picture:
        where = f"examples.{media['asset_id']}.box"
        if self._pictures is None:
            raise RefusedRequestError([FieldProblem(where, "pictures of assets are not read here: upload the part")])
        try:
            return self._encoder.opened(self._pictures.sharpest(media), box)
        except (NoPreviewError, PictureRefusedError) as error:
            raise RefusedRequestError([FieldProblem(where, f"has no picture to take a part of: {error}")]) from error

    def _uploads(
        self, request: SearchRequest, pictures: Sequence[bytes], fields: set[VectorField], gathered: Gathered
    ) -> None:
        # An index that holds no pictures at all cannot be searched by them, and that is told.
        names = [name for name in _BY_PICTURES if name in fields] or ["image_vector"]
        for place, data in enumerate(pictures):
            example = request.pictures[place] if place < len(request.pictures) else PLAIN
            try:
                picture = self._encoder.opened(data, example.box)
            except EncoderDownError as error:
                gathered.tell("image_vector", str(error))
                continue
            for name, look in self._encoded(picture, example, names, gathered):
                gathered.want(name, look)

    def _encoded(
        self, picture: Picture, example: Example, names: Sequence[VectorField], gathered: Gathered
    ) -> Iterator[tuple[VectorField, Look]]:
        for name in names:
            encode = functools.partial(self._encoder.picture, picture, name)
            look = self._encode(gathered, name, encode, "picture", example.weight)
            if look is not None:
                yield name, look

    def _words(self, request: SearchRequest, text: str, fields: set[VectorField], gathered: Gathered) -> None:
        # An index that holds no pictures is how it was made; only what was asked for by pictures is then missed.
        for name in (name for name in _BY_WORDS if text and name in fields):
            encode = functools.partial(self._encoder.words, text, name)
            look = self._encode(gathered, name, encode, "text", request.text_weight)
            if look is not None:
                gathered.want(name, look)
        avoided = request.must_not_look_like.strip()
        if avoided and {"image", "frame"} & weights_of(request).keys():
            encode = functools.partial(self._encoder.words, avoided, "image_vector")
            look = self._encode(gathered, "image_vector", encode, "text", 1.0)
            if look is not None:
                gathered.turn_from("image_vector", look)

    def _encode(
        self, gathered: Gathered, name: VectorField, encode: Callable[[], Vector], mode: Mode, weight: float
    ) -> Look | None:
        try:
            vector = encode()
        except EncoderDownError as error:
            gathered.tell(name, str(error))
            return None
        # Asked afterwards: a model that was loaded just now is compared too.
        refusal = self._agreement.refuses(name)
        if refusal:
            gathered.tell(name, refusal)
            return None
        return Look(vector, mode, weight)


def _refuse_what_names_nothing(request: SearchRequest, pictures: Sequence[bytes]) -> None:
    named = {*request.like, *request.unlike}
    problems = [
        FieldProblem(f"examples.{asset_id}", "is neither in like nor in unlike")
        for asset_id in request.examples
        if asset_id not in named
    ]
    if len(request.pictures) > len(pictures):
        problems.append(
            FieldProblem("pictures", f"tells of {len(request.pictures)}, and {len(pictures)} were uploaded as `file`")
        )
    if len(pictures) > MAX_PICTURES:
        problems.append(FieldProblem("file", f"takes at most {MAX_PICTURES} pictures (given: {len(pictures)})"))
    if problems:
        raise RefusedRequestError(problems)


def _refuse_empty(gathered: Gathered) -> None:
    if gathered.degraded:
        raise EncoderDownError(" ".join(gathered.degraded))
    raise NothingToCompareError(
        "The assets to be like have no vectors, or what is wanted and unwanted cancel each other out."
    )
