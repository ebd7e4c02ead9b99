"""The ports, answered by `damsight encode-serve`. No torch here."""

import io
import zlib
from typing import Any, Final, Protocol

import numpy as np
from PIL import Image

from damsight_encoders.content import Picture, Sound
from damsight_encoders.errors import EncoderError
from damsight_encoders.explain.heat import covered
from damsight_encoders.ports import Heat, Prepared, PreparedSound, TextPurpose, Towards, Vectors
from damsight_encoders.preprocess import prepare_picture, resample_pillow
from damsight_encoders.wire import ModelCard, picture_to_data_url, vector_to_base64
from damsight_schemas.space import Space

_FIDELITY: Final = 2
_FIDELITY_OF_WINDOWS: Final = 4
_NO_SOUNDS: Final = (
    "the encoder service takes words for sounds, and no sounds; load the model here with DAMSIGHT_MODELS__AUDIO"
)


class Service(Protocol):
    """What these ask of the client."""

    def embed(self, card: ModelCard, inputs: list[str], **options: Any) -> Vectors:
        """Return one vector an input."""
        ...

    def explain(self, card: ModelCard, image: str, **towards: str) -> Heat:
        """Return the heat of a picture."""
        ...


class RemoteTextEncoder:
    """Implements TextEncoder."""

    def __init__(self, service: Service, card: ModelCard) -> None:
        self._service = service
        self._card = card

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        return self._card.space

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order.

        Raises:
            EncoderUnavailableError: The service does not answer.
        """
        return self._service.embed(self._card, texts, modality="text", purpose=purpose)


class RemoteSoundWords(RemoteTextEncoder):
    """Implements AudioEncoder for words alone: the service has no input for sounds."""

    @property
    def rate(self) -> int:
        """None: it takes no sounds."""
        return 0

    def prepare(self, sound: Sound) -> PreparedSound:  # noqa: ARG002 - the port's
        """Refuse.

        Raises:
            EncoderError: Always; the model must be loaded where sounds are encoded.
        """
        raise EncoderError(_NO_SOUNDS)

    def encode_sounds(self, prepared: list[PreparedSound]) -> Vectors:  # noqa: ARG002 - the port's
        """Refuse.

        Raises:
            EncoderError: Always; the model must be loaded where sounds are encoded.
        """
        raise EncoderError(_NO_SOUNDS)


class RemoteImageEncoder:
    """Implements ImageEncoder and Explainer: prepares pictures here, with Pillow, and has the service do the rest.

    Where the model's steps cannot be said, the picture travels small but not prepared.
    """

    def __init__(self, service: Service, card: ModelCard) -> None:
        self._service = service
        self._card = card
        self._steps = card.image_steps

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        return self._card.space

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees."""
        return self._steps.input_size if self._steps else self._card.input_size

    @property
    def at_least(self) -> int:
        """To decode the shorter side with for `explain`, in pixels."""
        return _FIDELITY_OF_WINDOWS * self.input_size

    def prepare(self, picture: Picture) -> Prepared:
        """Resize and crop as the checkpoint's image processor does. CPU, safe in any thread."""
        if self._steps is None:
            return _shrunk(picture, _FIDELITY * self.input_size)
        return prepare_picture(picture, self._steps, resample_pillow)

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        """Return one vector a picture, in order.

        Raises:
            EncoderUnavailableError: The service does not answer.
        """
        inputs = [picture_to_data_url(_png(picture)) for picture in prepared]
        return self._service.embed(self._card, inputs, modality="image", prepared=self._steps is not None)

    def explain(self, picture: Picture, towards: Towards) -> Heat:
        """Return the heat of the picture's pixels, in their shape.

        Raises:
            NotExplainableError: The service cannot tell.
            EncoderUnavailableError: It does not answer.
            EncoderError: It refuses what is looked for.
        """
        image = picture_to_data_url(_png(_shrunk(picture, self.at_least)))
        if isinstance(towards, str):
            heat = self._service.explain(self._card, image, text=towards)
        else:
            heat = self._service.explain(self._card, image, vector=vector_to_base64(towards))
        return _enlarged(heat, picture)


class RemoteJointEncoder(RemoteImageEncoder):
    """Implements JointEncoder."""

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order.

        Raises:
            EncoderUnavailableError: The service does not answer.
        """
        return self._service.embed(self._card, texts, modality="text", purpose=purpose)


def _shrunk(picture: Picture, shorter: int) -> Prepared:
    """Return the part that the original covers, its shorter side at most ``shorter`` pixels."""
    left, top, right, bottom = covered(picture)
    ratio = min(1.0, shorter / max(1.0, min(right - left, bottom - top)))
    size = max(1, round((right - left) * ratio)), max(1, round((bottom - top) * ratio))
    image = Image.fromarray(picture.pixels)
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box=(left, top, right, bottom)))


def _enlarged(heat: Heat, picture: Picture) -> Heat:
    height, width = picture.pixels.shape[:2]
    drawn: Heat = np.asarray(Image.fromarray(heat).resize((width, height), Image.Resampling.BILINEAR))
    return drawn.clip(0.0, 1.0)


def _png(picture: Prepared) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=zlib.Z_BEST_SPEED)
    return stream.getvalue()
