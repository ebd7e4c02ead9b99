"""Encodes queries with the encoders, local or remote. The last texts are kept, so that paging back costs nothing."""

from collections import OrderedDict
from threading import Lock

from damsight_encoders.errors import DeviceError, EncoderError, EncoderUnavailableError, MediaError
from damsight_encoders.explain.choose import explainer_of
from damsight_encoders.ports import Encoders, Heat, PictureDecoder, TextEncoder
from damsight_schemas.space import IndexSpaces, VectorField
from damsight_search.errors import EncoderDownError, NotExplainableHereError, PictureRefusedError
from damsight_search.ports import Pixels, Vector

KEPT_TEXTS = 1024
# Twice the model's input keeps what the downscaling reads; a whole camera picture would only cost time.
FIDELITY = 2
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
        joint, caption = self._encoders.joint, self._encoders.caption
        return IndexSpaces(
            image_vector=joint.space if joint else None, caption_vector=caption.space if caption else None
        )

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

    def picture(self, data: bytes) -> Vector:
        """Encode a picture's bytes; shape (dimensions,).

        Raises:
            PictureRefusedError: The bytes are no picture that we take.
            EncoderDownError: The encoder does not answer, or there is none for pictures.
        """
        joint = self._encoders.joint
        if joint is None:
            raise EncoderDownError("no model for pictures is loaded (DAMSIGHT_MODELS__JOINT)")
        try:
            prepared = joint.prepare(self._decoder.decode(data, at_least=FIDELITY * joint.input_size))
            with self._encoding:
                vectors = joint.encode_images([prepared])
        except MediaError as error:
            raise PictureRefusedError(error.reason, str(error)) from error
        except EncoderError as error:
            raise EncoderDownError(f"the picture could not be encoded: {error}") from error
        vector: Vector = vectors[0]
        return vector

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
        encoder: TextEncoder | None = self._encoders.joint if field == "image_vector" else self._encoders.caption
        if encoder is None:
            raise EncoderDownError(f"no model for {field} is loaded")
        try:
            with self._encoding:
                vectors = encoder.encode_texts([text], purpose="query")
        except EncoderError as error:
            raise EncoderDownError(f"the words could not be encoded: {error}") from error
        vector: Vector = vectors[0]
        return vector
