"""What the pipeline and the search ask of encoders. No vendor but numpy: every encoder, local or remote, fits these.

An encoder is cut in three: `prepare` (CPU, one picture, any thread), then the device's work and the CPU's end of it
inside `encode_images` (a batch, one thread at a time).
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from damsight_schemas.space import Space

Vectors = NDArray[np.float32]
"""Shape (n, dimensions), L2-normalised rows."""

Prepared = NDArray[np.uint8]
"""One picture as the model's device side takes it: (height, width, 3), sRGB, resized and cropped, not yet scaled."""

TextPurpose = Literal["document", "query"]
"""Some sentence models put another prefix before a query than before what is searched; all others ignore this."""

Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels; fractions allowed."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: (height, width, 3) uint8, sRGB, upright, alpha on white; it may be decoded smaller than the original
            (see ``original_size``), never larger.
        original_size: (width, height) in pixels of the upright original.
        media_format: As the bytes say, for example "JPEG".
        box: The part of ``pixels`` that the original covers, where it is not the whole: a JPEG decoded at a half, a
            quarter or an eighth ends in a row and a column that are only partly filled.
    """

    pixels: NDArray[np.uint8]
    original_size: tuple[int, int]
    media_format: str
    box: Box | None = None


class PictureDecoder(Protocol):
    """Turns a file's bytes into a picture."""

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        """Decode, keeping the shorter side at ``at_least`` pixels or more where the original has them.

        Raises:
            MediaError: The bytes are no picture that we take, or are beyond a limit; nothing was allocated for it.
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


@dataclass(frozen=True)
class Encoders:
    """The encoders of one deployable.

    Attributes:
        joint: For image_vector, and for text queries against it.
        caption: For caption_vector, and for text queries against it.
    """

    joint: JointEncoder | None
    caption: TextEncoder | None
