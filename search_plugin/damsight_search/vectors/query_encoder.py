"""Encodes queries with the encoders, local or remote. The last texts are kept, so that paging back costs nothing."""

from collections import OrderedDict
from threading import Lock

import numpy as np

from damsight_encoders.content import Picture
from damsight_encoders.errors import DeviceError, EncoderError, EncoderUnavailableError, MediaError
from damsight_encoders.explain.choose import explainer_of
from damsight_encoders.load import spaces_of_encoders
from damsight_encoders.ports import AudioEncoder, Encoders, Heat, ImageEncoder, PictureDecoder, TextEncoder, Vectors
from damsight_schemas.search import Box
from damsight_schemas.space import IndexSpaces, Space, VectorField
from damsight_search.errors import EncoderDownError, NotExplainableHereError, PictureRefusedError
from damsight_search.ports import Pixels, Vector
from damsight_search.vectors.crops import cut_out, shorter_side

KEPT_TEXTS = 1024
# Twice the model's input keeps what the downscaling reads; a whole camera picture would only cost time.
FIDELITY = 2
_SETTINGS: dict[VectorField, str] = {
    "image_vector": "JOINT",
    "caption_vector": "CAPTION",
    "look_vector": "LOOK",
    "audio_vector": "AUDIO",
}
# Of pictures that are shown: they are small already, and drawn on pixel by pixel.
WHOLE = 1 << 20


class EncodersForQueries:
    """The query encoder over the encoders that the deployable loaded.

    Args:
        encoders: Either may be absent: then queries of its field cannot be encoded.
        decoder: For uploaded pictures.
    """

    def __init__(self, encoders: Encoders, decoder: PictureDecoder) -> None:
        self._encoders = encoders
        self._decoder = decoder
        self._kept: OrderedDict[tuple[VectorField, str], Vector] = OrderedDict()
        self._keeping = Lock()
        # Encoders take one thread at a time; answers wait here rather than in the device.
        self._encoding = Lock()

    @property
    def spaces(self) -> IndexSpaces:
        """The space of each vector field that queries can be encoded for."""
        return spaces_of_encoders(self._encoders)

    def words(self, text: str, field: VectorField) -> Vector:
        """Encode words for a field; shape (dimensions,).

        Raises:
            EncoderDownError: The encoder does not answer, or there is none for the field.
        """
        key = (field, text)
        with self._keeping:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        vector = self._encoded_words(text, field)
        with self._keeping:
            self._kept[key] = vector
            while len(self._kept) > KEPT_TEXTS:
                self._kept.popitem(last=False)
        return vector

    def opened(self, data: bytes, box: Box | None = None) -> Picture:
        """Decode a picture, or a part of it, as large as the encoders of pictures need.

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            EncoderDownError: There is no encoder of pictures.
        """
        sizes = [one.input_size for one in (self._encoders.joint, self._encoders.look) if one is not None]
        if not sizes:
            raise EncoderDownError("no model for pictures is loaded (DAMSIGHT_MODELS__JOINT)")
        try:
            whole = self._decoder.decode(data, at_least=shorter_side(box, FIDELITY * max(sizes)))
        except MediaError as error:
            raise PictureRefusedError(error.reason, str(error)) from error
        return whole if box is None else cut_out(whole, box)

    def picture(self, picture: Picture, field: VectorField = "image_vector") -> Vector:
        """Encode a picture for a field; shape (dimensions,).

        Raises:
            EncoderDownError: The encoder does not answer, or there is none for the field.
        """
        by_field: dict[VectorField, ImageEncoder | None] = {
            "image_vector": self._encoders.joint,
            "look_vector": self._encoders.look,
        }
        encoder = by_field.get(field)
        if encoder is None:
            raise EncoderDownError(f"no model that encodes pictures for {field} is loaded{_setting(field)}")
        try:
            prepared = encoder.prepare(picture)
            with self._encoding:
                vectors = encoder.encode_images([prepared])
        except EncoderError as error:
            raise EncoderDownError(f"the picture could not be encoded: {error}") from error
        return _checked(vectors, encoder.space)

    def where(self, data: bytes, wanted: str | Vector) -> tuple[Pixels, Heat]:
        """Decode a picture and tell how much each of its pixels speaks for words, or for looks of ``image_vector``.

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            NotExplainableHereError: No model here can tell.
            EncoderDownError: The encoder does not answer.
        """
        if self._encoders.joint is None:
            raise NotExplainableHereError("No model for pictures is loaded, so nothing can tell where in a picture.")
        try:
            picture = self._decoder.decode(data, at_least=WHOLE)
            looks = self.words(wanted, "image_vector") if isinstance(wanted, str) else wanted
            with self._encoding:
                return picture.pixels, explainer_of(self._encoders.joint).explain(picture, looks)
        except MediaError as error:
            raise PictureRefusedError(error.reason, str(error)) from error
        except (EncoderUnavailableError, DeviceError) as error:
            raise EncoderDownError(f"where in the picture could not be told: {error}") from error
        except EncoderError as error:
            raise NotExplainableHereError(f"Where in the picture cannot be told: {error}.") from error

    def _encoded_words(self, text: str, field: VectorField) -> Vector:
        by_field: dict[VectorField, TextEncoder | AudioEncoder | None] = {
            "image_vector": self._encoders.joint,
            "caption_vector": self._encoders.caption,
            "audio_vector": self._encoders.audio,
        }
        encoder = by_field.get(field)
        if encoder is None:
            raise EncoderDownError(f"no model that encodes words for {field} is loaded{_setting(field)}")
        try:
            with self._encoding:
                vectors = encoder.encode_texts([text], purpose="query")
        except EncoderError as error:
            raise EncoderDownError(f"the words could not be encoded: {error}") from error
        return _checked(vectors, encoder.space)


def _setting(field: VectorField) -> str:
    setting = _SETTINGS.get(field)
    return f" (DAMSIGHT_MODELS__{setting})" if setting else ""


def _checked(vectors: Vectors, space: Space) -> Vector:
    """Refuse what no index could compare: Elasticsearch would refuse the whole search for it."""
    vector: Vector = vectors[0]
    if vector.shape != (space.dimensions,):
        raise EncoderDownError(f"{space} answered a vector of {vector.size} numbers")
    if not np.isfinite(vector).all() or not vector.any():
        raise EncoderDownError(f"{space} answered a vector that is zero, or has numbers that are not finite")
    return vector
