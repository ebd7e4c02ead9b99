"""What the event says of the bytes, and our own limit on them."""

import hashlib

from damsight_consumer.errors import MediaMissingError, MediaRefusedError
from damsight_schemas.asset import Media


def require_size(size: int, limit: int, uri: str) -> None:
    """Refuse more bytes than we take.

    Raises:
        MediaRefusedError: There are more.
    """
    if size > limit:
        raise MediaRefusedError(
            "too_large", f"{uri} holds {size:,} bytes; at most {limit:,} are taken (DAMSIGHT_LIMITS__MAX_BYTES)"
        )


def require_as_told(data: bytes, media: Media) -> bytes:
    """Return the bytes, where they are those that the event tells of.

    Raises:
        MediaMissingError: They are others; perhaps the file is still being written, or an event about it is due.
    """
    if media.byte_size is not None and len(data) != media.byte_size:
        raise MediaMissingError(
            "changed", f"{media.uri} holds {len(data):,} bytes, and the event tells of {media.byte_size:,}"
        )
    if media.sha256 is not None and hashlib.sha256(data).hexdigest() != media.sha256:
        raise MediaMissingError("changed", f"{media.uri} holds other bytes than those whose SHA-256 the event tells")
    return data
