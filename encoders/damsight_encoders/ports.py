"""What the pipeline and the search ask of encoders. No vendor but numpy: every encoder, local or remote, fits these.

An encoder is cut in three: `prepare` (CPU, one picture, any thread), then the device's work and the CPU's end of it
inside `encode_images` (a batch, one thread at a time).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from damsight_encoders.content import Content, Picture, Sound
from damsight_schemas.space import Space

Vectors = NDArray[np.float32]
"""Shape (n, dimensions), L2-normalised rows."""

Prepared = NDArray[np.uint8]
"""One picture as the model's device side takes it: (height, width, 3), sRGB, resized and cropped, not yet scaled."""

TextPurpose = Literal["document", "query"]
"""Some sentence models put another prefix before a query than before what is searched; all others ignore this."""


class PictureDecoder(Protocol):
    """Turns a file's bytes into a picture."""

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        """Decode, keeping the shorter side at ``at_least`` pixels or more where the original has them.

        Raises:
            MediaError: The bytes are no picture that we take, or are beyond a limit; nothing was allocated for it.
        """
        ...


class MediaDecoder(Protocol):
    """Turns a file's bytes, whatever it is, into what encoders take."""

    def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
        """Decode.

        Args:
            data: The whole file.
            at_least: Keep the shorter side of each picture at so many pixels or more where the original has them.
            sound_rate: Samples a second of the sound; none: it is not wanted.

        Raises:
            MediaError: The bytes are nothing that we take, or are beyond a limit; nothing was allocated for it.
        """
        ...


class TextReader(Protocol):
    """Reads the words in a picture (OCR)."""

    def read(self, picture: Picture) -> str:
        """Return the words in reading order; empty where there are none. CPU, any thread.

        Raises:
            MediaError: The reader could not take this picture.
            EncoderUnavailableError: The reader could not be run at all: trying again may help.
        """
        ...


class Captioner(Protocol):
    """Writes what a picture shows."""

    @property
    def name(self) -> str:
        """The model and its revision, for the record."""
        ...

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees."""
        ...

    def prepare(self, picture: Picture) -> Prepared:
        """Resize as the checkpoint's own preprocessing does. CPU, safe in any thread."""
        ...

    def describe(self, prepared: list[Prepared]) -> list[str]:
        """Return one sentence a picture, in order; empty where the model has nothing to say.

        Raises:
            DeviceError: Not even one picture fits in the device's memory.
        """
        ...


PreparedSound = NDArray[np.float32]
"""(samples,) mono at the encoder's rate, cut or padded as the checkpoint wants."""


class AudioEncoder(Protocol):
    """Sounds and words to vectors of one space."""

    @property
    def space(self) -> Space:
        """The space that sounds and words share."""
        ...

    @property
    def rate(self) -> int:
        """Samples a second that `prepare` wants."""
        ...

    def prepare(self, sound: Sound) -> PreparedSound:
        """Cut or pad as the checkpoint's own preprocessing does. CPU, safe in any thread.

        Raises:
            MediaError: The sound has another rate, or no sample.
        """
        ...

    def encode_sounds(self, prepared: list[PreparedSound]) -> Vectors:
        """Return one vector a sound, in order.

        Raises:
            DeviceError: Not even one sound fits in the device's memory.
        """
        ...

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order.

        Raises:
            DeviceError: Not even one text fits in the device's memory.
        """
        ...


FusedPart = Literal["image", "caption", "ocr", "metadata"]
"""image: of the joint model; caption, ocr and metadata: of the sentence model, each of its own words."""


class Fusion(Protocol):
    """Makes one vector of an asset's several. Pure arithmetic."""

    @property
    def space(self) -> Space:
        """Named for the spaces that it is made of, and how."""
        ...

    def fuse(self, parts: Mapping[FusedPart, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return (dimensions,) float32, L2-normalised; a part that is not there counts nothing.

        Raises:
            ValueError: There is no part at all, or one of another length than its space.
        """
        ...


class ImageEncoder(Protocol):
    """Pictures to vectors."""

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        ...

    @property
    def input_size(self) -> int:
        """The side in pixels of what the model sees; decode at least twice this for full fidelity."""
        ...

    def prepare(self, picture: Picture) -> Prepared:
        """Resize and crop as the checkpoint's own preprocessing does. CPU, safe in any thread."""
        ...

    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        """Return one vector a picture, in order.

        Raises:
            DeviceError: Not even one picture fits in the device's memory.
            EncoderUnavailableError: A remote encoder does not answer.
        """
        ...


class TextEncoder(Protocol):
    """Words to vectors."""

    @property
    def space(self) -> Space:
        """The space that the vectors are in."""
        ...

    def encode_texts(self, texts: list[str], *, purpose: TextPurpose = "document") -> Vectors:
        """Return one vector a text, in order; texts longer than the model takes are cut at its limit. Any thread.

        Raises:
            DeviceError: Not even one text fits in the device's memory.
            EncoderUnavailableError: A remote encoder does not answer.
        """
        ...


class JointEncoder(ImageEncoder, TextEncoder, Protocol):
    """Pictures and words to vectors of one space."""


Heat = NDArray[np.float32]
"""(height, width), 0 to 1: how much each pixel of a picture speaks for what was looked for, within that picture."""

Towards = str | NDArray[np.float32]
"""What was looked for: words, or the vector (dimensions,) of another picture."""


ExplainBy = Literal["windows", "gradients"]
"""How: by the encoder's answers on parts of the picture, or by its network's gradients."""


@runtime_checkable
class Explainer(Protocol):
    """Tells where a picture shows what was looked for."""

    @property
    def space(self) -> Space:
        """The space that vectors to explain are of."""
        ...

    @property
    def at_least(self) -> int:
        """To decode the shorter side with, in pixels."""
        ...

    def explain(self, picture: Picture, towards: Towards) -> Heat:
        """Return the heat of the picture's pixels, in their shape; the same picture gives the same.

        Raises:
            EncoderError: Words are given for an encoder of pictures alone, or a vector of another length.
            DeviceError: Not even one picture fits in the device's memory.
            EncoderUnavailableError: A remote encoder does not answer.
        """
        ...


@dataclass(frozen=True)
class Encoders:
    """The encoders of one deployable.

    Attributes:
        joint: For image_vector and the vectors of frames, and for text queries against them.
        caption: For caption_vector, and for text queries against it.
        look: For look_vector: pictures alone.
        audio: For audio_vector, and for text queries against it.
        captioner: For generated_caption.
        reader: For ocr.
        fusion: For fused_vector.
    """

    joint: JointEncoder | None
    caption: TextEncoder | None
    look: ImageEncoder | None = None
    audio: AudioEncoder | None = None
    captioner: Captioner | None = None
    reader: TextReader | None = None
    fusion: Fusion | None = None
