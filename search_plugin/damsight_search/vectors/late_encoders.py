"""Encoders of a service that may start later than the search: asked for again, not too often, until they are there."""

import time
from collections.abc import Callable
from threading import Lock

from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderUnavailableError
from damsight_encoders.ports import Encoders, Heat, PictureDecoder
from damsight_schemas.search import Box
from damsight_schemas.space import IndexSpaces, VectorField
from damsight_search.errors import EncoderDownError
from damsight_search.ports import Pixels, Vector
from damsight_search.vectors.query_encoder import EncodersForQueries

ASK_AGAIN_S = 10.0


class LateEncoders:
    """A query encoder that is loaded when its service answers; until then every query says that it is not there.

    Args:
        load: Loads the encoders.
        decoder: For uploaded pictures.
        clock: Seconds, never going back.
    """

    def __init__(
        self, load: Callable[[], Encoders], decoder: PictureDecoder, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._decoder = decoder
        self._clock = clock
        self._loaded: EncodersForQueries | None = None
        self._reason = "the encoder service is being asked"
        self._next_try = float("-inf")
        self._loading = Lock()
        self._ready()

    @property
    def spaces(self) -> IndexSpaces:
        """The space of each vector field that queries can be encoded for now."""
        loaded = self._ready()
        return loaded.spaces if loaded else IndexSpaces()

    def words(self, text: str, field: VectorField) -> Vector:
        """Encode words for a field; shape (dimensions,).

        Raises:
            EncoderDownError: The service does not answer.
        """
        return self._required().words(text, field)

    def opened(self, data: bytes, box: Box | None = None) -> Picture:
        """Decode a picture, or a part of it, as large as the encoders of pictures need.

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            EncoderDownError: The service does not answer.
        """
        return self._required().opened(data, box)

    def picture(self, picture: Picture, field: VectorField = "image_vector") -> Vector:
        """Encode a picture for a field; shape (dimensions,).

        Raises:
            EncoderDownError: The service does not answer.
        """
        return self._required().picture(picture, field)

    def where(self, data: bytes, wanted: str | Vector) -> tuple[Pixels, Heat]:
        """Decode a picture and tell how much each of its pixels speaks for words, or for looks of ``image_vector``.

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            NotExplainableHereError: No model here can tell.
            EncoderDownError: The service does not answer.
        """
        return self._required().where(data, wanted)

    def _required(self) -> EncodersForQueries:
        loaded = self._ready()
        if loaded is None:
            raise EncoderDownError(self._reason)
        return loaded

    def _ready(self) -> EncodersForQueries | None:
        if self._loaded is not None or self._clock() < self._next_try:
            return self._loaded
        # Whoever comes while another asks goes on without: a search must not wait for a service that is down.
        if not self._loading.acquire(blocking=False):
            return self._loaded
        try:
            self._loaded = EncodersForQueries(self._load(), self._decoder)
        except EncoderUnavailableError as error:
            self._reason = f"the encoder service does not answer: {error}"
            self._next_try = self._clock() + ASK_AGAIN_S
        finally:
            self._loading.release()
        return self._loaded
