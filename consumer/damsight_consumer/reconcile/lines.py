"""Reads the DAM's list: an asset a line, as JSON. A bad line is told of with its number, and the rest goes on."""

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from damsight_consumer.errors import CatalogueError
from damsight_schemas.asset import AssetId, AssetMetadata, Media, Principal, Revision, Sha256
from damsight_schemas.catalogue import CatalogueEntry
from damsight_schemas.events import MAX_EVENT_BYTES, AssetChanged
from damsight_schemas.validation import field_problems

_SCHEMES = ("http", "https", "s3", "gs", "file")
# Without all of them an event would empty what the line merely leaves out.
_WHOLE = {"media", "metadata", "acl"}


class _Bytes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uri: Annotated[str, StringConstraints(min_length=1, max_length=8192)]
    mime_type: str | None = None
    sha256: str | None = None
    byte_size: int | None = None


class _Line(BaseModel):
    """One line. What is unknown is refused: a misspelt ``acl_hash`` would leave the rights uncompared."""

    model_config = ConfigDict(extra="forbid")

    asset_id: AssetId
    revision: Revision | None = None
    acl_hash: Sha256 | None = None
    media: _Bytes | None = None
    # Not an empty one: pydantic copies such a default deeply for every line, which takes most of a line's time.
    metadata: AssetMetadata | None = None
    acl: list[Principal] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class BadEntry:
    """Something in the list that is no asset.

    Attributes:
        place: The line's or the entry's number, from 1.
        problem: What is wrong with it.
    """

    place: int
    problem: str


@dataclass(frozen=True, slots=True)
class GoodEntry:
    """An asset in the list.

    Attributes:
        place: The line's or the entry's number, from 1.
    """

    place: int
    entry: CatalogueEntry


def entries_of(path: Path) -> Iterator[GoodEntry | BadEntry]:
    """Yield each line that is not blank; one that says ``"deleted": true`` is of an asset that is not there any more.

    Raises:
        CatalogueError: The file cannot be read.
    """
    folder = path.absolute().parent
    for place, text in _texts(path):
        try:
            entry = _entry(text, folder)
        except ValidationError as error:
            yield BadEntry(place, "; ".join(map(str, field_problems(error))))
        except ValueError as error:
            yield BadEntry(place, str(error))
        else:
            if entry is not None:
                yield GoodEntry(place, entry)


def _texts(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            place = 0
            while text := file.readline(MAX_EVENT_BYTES):
                place += 1
                rest = text
                while len(rest) == MAX_EVENT_BYTES and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_EVENT_BYTES)
                if text.strip():
                    yield place, text
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror}. Name a file that is there.") from error


def _entry(text: bytes, folder: Path) -> CatalogueEntry | None:
    line = _Line.model_validate(_object(text))
    if line.deleted:
        return None
    if line.revision is None:
        raise ValueError("revision: give it; it is what the index is compared by")
    whole = line.model_fields_set >= _WHOLE and (line.media is None or _media(line.media, folder) is not None)
    if whole and line.acl is not None and line.metadata is not None:
        asset = AssetChanged(
            asset_id=line.asset_id,
            revision=line.revision,
            media=_media(line.media, folder),
            metadata=line.metadata,
            acl=line.acl,
        )
        return CatalogueEntry(asset_id=line.asset_id, revision=line.revision, acl_hash=line.acl_hash, asset=asset)
    return CatalogueEntry(asset_id=line.asset_id, revision=line.revision, acl_hash=_rights(line))


def _rights(line: _Line) -> str | None:
    if line.acl is None:
        return line.acl_hash
    # The entry compares the two where both are told.
    bare = AssetChanged(asset_id=line.asset_id, revision=line.revision or 1, acl=line.acl)
    told = CatalogueEntry(asset_id=line.asset_id, revision=line.revision or 1, acl_hash=line.acl_hash, asset=bare)
    return told.rights


def _media(told: _Bytes | None, folder: Path) -> Media | None:
    """Return where the bytes are; none where a path does not tell what they are."""
    if told is None:
        return None
    is_address = urlsplit(told.uri).scheme in _SCHEMES
    uri = told.uri if is_address else (folder / told.uri).absolute().as_uri()
    mime_type = told.mime_type or mimetypes.guess_type(told.uri)[0]
    if mime_type is None:
        return None
    return Media(uri=uri, mime_type=mime_type, sha256=told.sha256, byte_size=told.byte_size)


def _object(text: bytes) -> dict[str, Any]:
    if len(text) >= MAX_EVENT_BYTES:
        raise ValueError(f"it holds {MAX_EVENT_BYTES:,} bytes or more; an asset takes fewer")
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}. Give one JSON object a line.") from error
    if not isinstance(parsed, dict):
        raise ValueError(  # noqa: TRY004  what is wrong is the line's value, told with its other faults
            f"it is no JSON object but a {type(parsed).__name__}. Give one JSON object a line."
        )
    return parsed
