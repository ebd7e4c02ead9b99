"""Who an asset is, and which revision comes next."""

import hashlib
import os
import re
from pathlib import Path, PurePath
from uuid import NAMESPACE_URL, uuid5

from damsight_publisher.errors import ItemError
from damsight_schemas.asset import MAX_REVISION

_LONGEST_SLUG = 60


def source_name(place: Path) -> str:
    """Return the name under which a folder's or file's assets go where none is given: its own and a digest of its path.

    The digest keeps two folders of one name apart. A folder that moves gets another name, and its assets other ids;
    a name given by hand stays.
    """
    digest = hashlib.sha256(os.fsencode(place.absolute())).hexdigest()[:8]
    return f"{slug(place.stem)[:40] or 'assets'}-{digest}"


def slug(text: str) -> str:
    """Return a text as lower-case ASCII letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_SLUG]


def asset_id(source: str, relative: PurePath) -> str:
    """Return the id of a file in a source: the source's name and 128 bits of the SHA-256 of the relative path's bytes.

    A path may hold anything, and be 4,096 bytes long; an id is at most 512, printable, and stands in URLs.
    """
    digest = hashlib.sha256(os.fsencode(relative.as_posix())).hexdigest()[:32]
    return f"{source}-{digest}"


def next_revision(last: int | None, now_ms: int) -> int:
    """Return the revision after `last`: the time in milliseconds, or one more than the last where that is greater.

    So it grows with the journal when the clock goes back, and with the clock when the journal is lost. Only both at
    once can make it go back. A file's own time would not do: copies and restored backups carry old ones.

    Raises:
        ItemError: The contract's largest revision is reached, which the clock does in the year 73,000.
    """
    revision = max((last or 0) + 1, now_ms, 1)
    if revision > MAX_REVISION:
        raise ItemError(f"revision {revision} is greater than {MAX_REVISION}: no greater one can be sent")
    return revision


def event_id(source: str, asset: str, revision: int) -> str:
    """Return the event's id: the same for the same revision, so that a repeat is known for one (CloudEvents 1.0)."""
    return str(uuid5(NAMESPACE_URL, f"{source}#{asset}@{revision}"))
