"""The settings of the local servers, read from the environment here and nowhere else."""

from pathlib import Path
from typing import Self

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from damsight_devstack.errors import StackError


def _maven_central() -> str:
    # jgo is slow to import and wanted only here; it knows the address so that we need not.
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 see above

    return str(MAVEN_CENTRAL_URL)


Port = Field(default=0, ge=0, le=65535)


class StackSettings(BaseSettings):
    """How the local servers are fetched and run: each field is DAMSIGHT_STACK__<NAME> in the environment.

    A port of 0 means: any that is free. `kafka_properties` are the broker's own settings, which win over the stack's;
    {broker_port} and {controller_port} in a value stand for the ports that were chosen. In the environment: as JSON.
    `analysis` gives Elasticsearch the languages that the official distribution has and Maven lacks.
    """

    model_config = SettingsConfigDict(env_prefix="DAMSIGHT_STACK__", frozen=True, env_ignore_empty=True)

    cache: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir("damsight")))
    folder: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("damsight")) / "stack")
    repository: str = Field(default_factory=_maven_central)
    kafka_port: int = Port
    elasticsearch_port: int = Port
    kafka_heap_mb: int = Field(default=384, ge=128)
    elasticsearch_heap_mb: int = Field(default=1024, ge=512)
    start_timeout_s: float = Field(default=300.0, gt=0)
    stop_timeout_s: float = Field(default=30.0, gt=0)
    analysis: bool = True
    kafka_properties: dict[str, str] = Field(default_factory=dict)
    java_home: Path | None = Field(default=None, validation_alias="JAVA_HOME")

    @classmethod
    def from_environment(cls) -> Self:
        """The settings as the environment has them.

        Raises:
            StackError: A setting has a value it cannot take; the message names it.
        """
        try:
            return cls()
        except ValidationError as invalid:
            wrong = "; ".join(
                f"{_variable(str(error['loc'][0]))}={error['input']!r}: {error['msg']}" for error in invalid.errors()
            )
            raise StackError(f"The stack's settings are wrong: {wrong}. Correct or unset them.") from invalid
        except SettingsError as unreadable:
            raise StackError(
                f"The stack's settings are wrong: {unreadable}. DAMSIGHT_STACK__KAFKA_PROPERTIES takes a JSON object, "
                'as in {"log.retention.ms": "60000"}. Correct or unset it.'
            ) from unreadable


def _variable(field: str) -> str:
    return field if field.isupper() else f"DAMSIGHT_STACK__{field.upper()}"
