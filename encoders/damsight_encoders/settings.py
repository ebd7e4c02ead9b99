"""The encoders' settings: the one place of this package that touches the environment."""

import os
from typing import Annotated, Any

from pydantic import Field

from damsight_encoders.errors import EncoderSettingsError
from damsight_schemas.connections import EncodingLimits, ModelSettings
from damsight_schemas.settings import Settings, SettingsGroup, named_by_variable


class EncoderServiceSettings(SettingsGroup):
    """What one request may ask for, and how much may wait. Environment: DAMSIGHT_ENCODER__...

    Attributes:
        max_inputs: In one request.
        max_text: Characters of one text; what is beyond the model's own limit is cut, not refused.
        max_body_mib: Of one request.
        max_waiting: Inputs that wait for a model, of each priority; beyond it, requests are told to come again.
        max_batch: Inputs that go through a model together.
        cache_mib: Of the last texts' vectors; 0 keeps none.
    """

    max_inputs: Annotated[int, Field(ge=1, le=4096)] = 256
    max_text: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    max_body_mib: Annotated[int, Field(ge=1, le=4096)] = 64
    max_waiting: Annotated[int, Field(ge=1, le=1_000_000)] = 2048
    max_batch: Annotated[int, Field(ge=1, le=4096)] = 128
    cache_mib: Annotated[int, Field(ge=0, le=65536)] = 64


class EncodeServeSettings(Settings):
    """All of `damsight encode-serve`. Values given in code win over the environment.

    ``models.api_key`` is what clients must send; without it, anybody who reaches the port may ask.
    """

    models: ModelSettings = ModelSettings()
    limits: EncodingLimits = EncodingLimits()
    encoder: EncoderServiceSettings = EncoderServiceSettings()


def load_service_settings(**models: Any) -> EncodeServeSettings:
    """Read the settings from the environment.

    Args:
        models: Fields of the group ``models`` that win over the environment; None leaves one to it.

    Raises:
        EncoderSettingsError: One or more are wrong; each is named, with what it takes.
    """
    with named_by_variable(EncoderSettingsError):
        settings = EncodeServeSettings()
        given = {name: value for name, value in models.items() if value is not None}
        # Built anew, not copied: a copy would not be validated.
        merged = ModelSettings(**{**settings.models.model_dump(), **given, "url": None})
    return settings.model_copy(update={"models": merged})


def wait_without_spinning() -> None:
    """Let torch's idle worker threads sleep between operations; to be called before torch is first imported.

    By default GNU OpenMP's threads spin at every barrier. On cores that are shared with decoding, Kafka or
    Elasticsearch they spin while what they wait for is not running: a MiniLM query took 345 ms of wall time and 135 ms
    of CPU so, and 10 ms and 9 ms with sleeping threads (2 cores, load 6 to 9). Somebody's own choice is kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def single_threaded_environment() -> dict[str, str]:
    """Return this process's environment for a program that shall compute on one thread: pictures are read side by side.

    Tesseract's own threads gain little on one picture and cost much on several: ten pages at once took 459 s with them
    and 9 s without (github.com/tesseract-ocr/tesseract, issue 3109).
    """
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}
