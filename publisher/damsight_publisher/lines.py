"""Reads a JSONL file: an asset a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from damsight_publisher.drafts import digest_of, head_of
from damsight_publisher.errors import ItemError, SourceError
from damsight_publisher.media_type import media_type
from damsight_publisher.records import Draft, PublishOptions
from damsight_schemas.asset import AssetId, AssetMetadata, Media, Principal, Revision
from damsight_schemas.events import MAX_EVENT_BYTES
from damsight_schemas.validation import field_problems


class _Bytes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uri: Annotated[str, StringConstraints(min_length=1, max_length=8192)]
    mime_type: str | None = None
    sha256: str | None = None
    byte_size: int | None = None


class _Line(BaseModel):
    """One line. `media.uri` is an address, or a path relative to the file; what is left out of it is found out."""

    model_config = ConfigDict(extra="forbid")

    asset_id: AssetId
    revision: Revision | None = None
    media: _Bytes | None = None
    metadata: AssetMetadata = AssetMetadata()
    acl: list[Principal] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank.

    Attributes:
        number: From 1.
    """

    number: int
    text: bytes


def lines_of(path: Path) -> Iterator[Line]:
    """Yield the lines; one longer than an event may be is cut, and then is no JSON.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while text := file.readline(MAX_EVENT_BYTES):
                number += 1
                whole = text.endswith(b"\n") or len(text) < MAX_EVENT_BYTES
                while not whole:
                    rest = file.readline(MAX_EVENT_BYTES)
                    whole = rest.endswith(b"\n") or not rest
                if text.strip():
                    yield Line(number, text)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from error


def draft_of_line(line: Line, folder: Path, options: PublishOptions) -> Draft:
    """Return a line's draft.

    Args:
        line: As it was read.
        folder: Where relative paths begin.
        options: For the access list and the language of lines that say nothing of them.

    Raises:
        ItemError: It is no asset; every wrong field is named.
    """
    try:
        told = _Line.model_validate(_object(line.text))
        metadata = told.metadata
        if options.language and not metadata.language:
            metadata = metadata.model_copy(update={"language": options.language})
        return Draft(
            asset_id=told.asset_id,
            media=_media(told.media, folder) if told.media and not told.deleted else None,
            metadata=metadata,
            acl=options.acl if told.acl is None else tuple(told.acl),
            revision=told.revision,
            place=str(line.number).encode(),
            deleted=told.deleted,
        )
    except ValidationError as error:
        raise ItemError("; ".join(map(str, field_problems(error)))) from error


def _object(text: bytes) -> Any:
    if len(text) >= MAX_EVENT_BYTES:
        raise ItemError(f"it holds {MAX_EVENT_BYTES:,} bytes or more; an asset takes fewer")
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ItemError(f"it is no JSON: {error}. Give one JSON object a line.") from error
    if not isinstance(parsed, dict):
        raise ItemError(f"it is no JSON object but a {type(parsed).__name__}. Give one JSON object a line.")
    return parsed


def _media(told: _Bytes, folder: Path) -> Media:
    if urlsplit(told.uri).scheme in ("http", "https", "s3", "gs", "file"):
        if told.mime_type is None:
            raise ItemError("media.mime_type: give it with an address, as in image/jpeg")
        return Media.model_validate(told.model_dump())
    path = (folder / told.uri).absolute()
    try:
        mime_type = told.mime_type or media_type(path, head_of(path)) or "application/octet-stream"
        if told.sha256 and told.byte_size is not None:
            path.stat()
            digest, size = told.sha256, told.byte_size
        else:
            digest, size = digest_of(path)
    except OSError as error:
        raise ItemError(f"media.uri: {path} cannot be read: {error.strerror}") from error
    return Media(uri=path.as_uri(), mime_type=mime_type, sha256=digest, byte_size=size)
