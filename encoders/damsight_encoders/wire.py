"""What the encoder service and its clients say to each other: OpenAI's embeddings API, and what it leaves open."""

import base64
import binascii
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from damsight_encoders.ports import ExplainBy, TextPurpose, Vectors
from damsight_encoders.steps import ImageSteps
from damsight_schemas.space import Space

Role = Literal["joint", "caption", "look", "audio"]
Priority = Literal["interactive", "bulk"]
PRIORITY_HEADER: Final = "X-Damsight-Priority"
"""interactive: somebody waits for it; bulk: a backfill. Without it, a request of one input is interactive."""
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

    @field_validator("input", mode="before")
    @classmethod
    def _no_tokens(cls, value: object) -> object:
        first = value[0] if isinstance(value, list) and value else None
        if isinstance(first, int | list):
            # pydantic makes a refusal of a ValueError alone.
            raise ValueError(  # noqa: TRY004 - as above
                "tokens are not taken: models differ in their tokenizers; send the texts themselves"
            )
        return value

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
    model: str = ""
    usage: Usage | None = None


class ModelCard(BaseModel):
    """One model of the service.

    Attributes:
        id: What a request names it by: the space's model.
        role: Which vector field it fills.
        space: Its embedding space.
        image_steps: How pictures are prepared for it, where that can be said; clients may then do it themselves.
        input_size: The side in pixels of what it sees of a picture; 0 for text alone.
        explains: POST /v1/explain takes it.
    """

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "damsight"
    role: Role
    space: Space
    image_steps: ImageSteps | None = None
    input_size: int = 0
    explains: bool = False

    @property
    def takes_pictures(self) -> bool:
        """Whether pictures can be its input."""
        return "image" in self.space.modalities

    @property
    def takes_texts(self) -> bool:
        """Whether texts can be its input."""
        return "text" in self.space.modalities


class ExplainRequest(BaseModel):
    """POST /v1/explain, our own: where in a picture it shows what was looked for. Either ``text`` or ``vector``.

    Attributes:
        model: A model's id as GET /v1/models lists it.
        image: A data URL, or bare base64.
        text: Words, for a joint model.
        vector: Of another picture: little-endian float32 in base64.
        by: windows, or gradients: quicker, and less sure.
    """

    model_config = ConfigDict(extra="forbid")

    model: str
    image: str
    text: str | None = None
    vector: str | None = None
    by: ExplainBy = "windows"

    @model_validator(mode="after")
    def _one_of_both(self) -> "ExplainRequest":
        if (self.text is None) == (self.vector is None):
            raise ValueError("give either text or vector")
        return self


class ExplainResponse(BaseModel):
    """The heat of the picture as it was sent.

    Attributes:
        heat: Rows first, little-endian float32 in base64, 0 to 1.
        height: Of the picture as it was decoded here, in pixels.
        width: As above.
    """

    object: Literal["heat"] = "heat"
    model: str
    height: int
    width: int
    heat: str


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
    except ValueError as error:
        raise ValueError(f"a vector is little-endian float32 in base64, and this is not: {error}") from error


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
