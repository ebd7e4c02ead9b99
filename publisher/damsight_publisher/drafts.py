"""Makes a draft of each file: its bytes' digest, its type, its metadata."""

import hashlib
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from damsight_publisher.errors import ItemError
from damsight_publisher.identity import asset_id
from damsight_publisher.media_type import HEAD_BYTES, media_type
from damsight_publisher.metadata.compose import compose
from damsight_publisher.metadata.embedded import read_embedded
from damsight_publisher.metadata.words import Words
from damsight_publisher.records import Draft, Found, PublishOptions
from damsight_publisher.scan import stamp_of
from damsight_schemas.asset import Media
from damsight_schemas.validation import field_problems

_BLOCK = 1024 * 1024


def draft_of(found: Found, source: str, options: PublishOptions, stamp: str) -> Draft | None:
    """Return a file's draft, or None for what is no media.

    Args:
        found: The file.
        source: The name under which it goes.
        options: How it is published.
        stamp: What the journal notes, to know the file by the next time.

    Raises:
        ItemError: It cannot be read, it changed meanwhile, or what it says breaks the contract.
    """
    try:
        mime_type, digest, size = _read(found)
        if mime_type is None:
            return None
        words, notes = _words(found.path, mime_type, options)
        return Draft(
            asset_id=asset_id(source, found.relative),
            media=Media(
                uri=_address(found, options.base_url), mime_type=mime_type, sha256=digest, byte_size=size
            ),
            metadata=compose(found.relative, found.modified_s, words, options),
            acl=options.acl,
            place=bytes(found.relative),
            stamp=stamp,
            notes=notes,
        )  # fmt: skip
    except OSError as error:
        raise ItemError(f"it cannot be read: {error.strerror or error}. Grant the right to read it.") from error
    except ValidationError as error:
        raise ItemError("; ".join(map(str, field_problems(error)))) from error


def digest_of(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file's bytes in hex, and how many there are.

    Raises:
        OSError: It cannot be read.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def head_of(path: Path) -> bytes:
    """Return a file's first bytes, as many as tell its type.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _read(found: Found) -> tuple[str | None, str, int]:
    mime_type = media_type(found.path, head_of(found.path))
    if mime_type is None:
        return None, "", 0
    digest, size = digest_of(found.path)
    if stamp_of(found.path.stat()) != found.stamp:
        raise ItemError("it changed while it was read. Run this again when it is whole.")
    return mime_type, digest, size


def _words(path: Path, mime_type: str, options: PublishOptions) -> tuple[list[Words], tuple[str, ...]]:
    if not mime_type.startswith("image/"):
        return [], ()
    return read_embedded(path, options.language)


def _address(found: Found, base_url: str | None) -> str:
    if base_url is None:
        return found.path.absolute().as_uri()
    return f"{base_url.rstrip('/')}/{quote(bytes(found.relative))}"
