"""What the encoder service and its clients say to each other: OpenAI's embeddings API, and what it leaves open."""

import base64
import binascii
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from damsight_encoders.ports import TextPurpose, Vectors
from damsight_encoders.steps import ImageSteps
from damsight_schemas.space import Space

Role = Literal["joint", "caption"]
DATA_URL_START: Final = "data:"


class EmbeddingsRequest(BaseModel):
    """POST /v1/embeddings. The first four fields are OpenAI's; the rest are ours and may be left out.

    Attributes:
        model: A model's id as GET /v1/models lists it.
        input: One text or several. A picture is a data URL (``data:image/jpeg;base64,...``), or bare base64 where
            ``modality`` says image.
        encoding_format: float: JSON numbers; base64: little-endian float32, a quarter of the size.
        dimensions: Only the model's own number is taken.
        modality: auto: an input that begins with ``data:image/`` is a picture; text: it never is, which is what a
            client should say of words that a person typed; image: all are.
        purpose: Whether texts are queries or documents, for models that tell them apart.
        prepared: The pictures have been resized and cropped as the model's ``image_steps`` say.
        user: OpenAI's; not used.
    """

    model_config = ConfigDict(extra="forbid")

    model: str
    input: str | Annotated[list[str], Field(min_length=1)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None
    modality: Literal["auto", "text", "image"] = "auto"
    purpose: TextPurpose = "document"
    prepared: bool = False
    user: str | None = None

    def inputs(self) -> list[str]:
        """Return the inputs as a list."""
        return [self.input] if isinstance(self.input, str) else self.input


class Embedding(BaseModel):
    """One input's vector."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class Usage(BaseModel):
    """OpenAI counts tokens here; we count inputs."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsResponse(BaseModel):
    """The vectors, in the inputs' order."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: Usage


class ModelCard(BaseModel):
    """One model of the service.

    Attributes:
        id: What a request names it by: the space's model.
        role: Which vector field it fills.
        space: Its embedding space.
        image_steps: How pictures are prepared for it; None for text alone.
    """

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "damsight"
    role: Role
    space: Space
    image_steps: ImageSteps | None = None


class ModelList(BaseModel):
    """GET /v1/models."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


def vector_to_base64(vector: Vectors) -> str:
    """Return little-endian float32 in base64, as OpenAI's encoding_format says."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")


def vector_from_base64(text: str) -> Vectors:
    """Read what vector_to_base64 wrote.

    Raises:
        ValueError: It is no base64, or no whole number of floats.
    """
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)
    except binascii.Error as error:
        raise ValueError(f"a vector is not base64: {error}") from error


def picture_to_data_url(png: bytes) -> str:
    """Return a PNG as a data URL (RFC 2397)."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def picture_from_input(text: str) -> bytes:
    """Read a picture's bytes from a data URL or from bare base64.

    Raises:
        ValueError: It is neither.
    """
    if text.startswith(DATA_URL_START):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise ValueError("a picture's data URL must be of the form data:image/...;base64,...")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"a picture must be a data URL or base64 ({error}); web addresses are not fetched") from error
