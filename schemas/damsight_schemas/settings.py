"""How every deployable's settings.py reads the environment, and tells what is wrong in it."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableSettings

from damsight_schemas.validation import field_problems

PREFIX = "DAMSIGHT_"
# A proxy's address may hold a password.
SECRETS = ("secret", "password", "key", "proxy_url")


class SettingsGroup(BaseModel):
    """Settings that belong together: DAMSIGHT_<GROUP>__<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Settings(BaseSettings):
    """All groups of a deployable. Values given in code win over the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True, validate_default=True
    )


def _separated(value: object, separator: str) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"begins like a JSON list and is none: {error}") from error
    return [part.strip() for part in value.split(separator) if part.strip()]


def separated_by_commas(value: object) -> object:
    """Read what is separated by commas, or a JSON list; what is no text stays as it is."""
    return _separated(value, ",")


Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(lambda value: _separated(value, os.pathsep))]
"""Separated as in PATH, or a JSON list."""

Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(separated_by_commas)]
"""Separated by commas, or a JSON list."""

Phrases = Annotated[tuple[str, ...], NoDecode, BeforeValidator(lambda value: _separated(value, "|"))]
"""Separated by vertical bars, or a JSON list."""


@contextmanager
def named_by_variable(fault: Callable[[str], Exception]) -> Iterator[None]:
    """Turn what pydantic finds into one error that names each variable and what it takes. A secret is never repeated.

    Args:
        fault: Makes the package's own error of the words.
    """
    try:
        yield
    except ValidationError as error:
        problems = [f"{variable(one.field)}: {_discreet(one.field, one.problem)}" for one in field_problems(error)]
        raise fault("; ".join(problems)) from None
    except UnreadableSettings as error:
        raise fault(f"a setting cannot be read: {error}") from error


def variable(path: str) -> str:
    """Return the environment variable of a field's dotted path; an item of a list is named by its list."""
    parts = path.split(".")
    while len(parts) > 1 and parts[-1].isdigit():
        parts.pop()
    return PREFIX + "__".join(parts).upper()


def _discreet(field: str, problem: str) -> str:
    is_secret = any(word in field.rsplit(".", 1)[-1] for word in SECRETS)
    return problem.partition(" (given:")[0] if is_secret else problem
