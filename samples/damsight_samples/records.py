"""Writes what the library says of each picture, in the shape of an event's `data` (damsight_schemas)."""

import hashlib
import random
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from damsight_samples.annotations import LANGUAGES, Annotated
from damsight_samples.render import Look

CREATOR = "Noto Emoji"
RIGHTS = "Drawing: Noto Color Emoji, SIL Open Font License 1.1. Words: Unicode CLDR, Unicode License V3."
_FIRST_DAY = datetime(2012, 1, 1, tzinfo=UTC)
_LAST_DAY = datetime(2026, 10, 31, tzinfo=UTC)
_RESTRICTED = ((0.05, ["group:press"]), (0.015, ["user:anna"]), (0.01, ["group:press", "user:anna"]))


def asset_id(asset: Annotated) -> str:
    """The asset's id in the library, from its code points."""
    return f"pictogram-{asset.code}"


def filename(asset: Annotated, number: int) -> str:
    """A name as cameras and people make them: IMG_0421_red-apple.jpg."""
    plain = unicodedata.normalize("NFKD", asset.names["en"]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return f"IMG_{number:04d}_{slug}.jpg"


def record(
    asset: Annotated, *, tags: Sequence[str], name: str, jpeg: bytes, look: Look, chance: random.Random
) -> dict[str, Any]:
    """One line of library.jsonl; `media.uri` is relative to the file's folder."""
    created = _FIRST_DAY + timedelta(seconds=chance.randrange(int((_LAST_DAY - _FIRST_DAY).total_seconds())))
    modified = min(_LAST_DAY, created + timedelta(hours=chance.randrange(24 * 400)))
    return {
        "asset_id": asset_id(asset),
        "revision": 1,
        "media": {
            "uri": f"pictures/{name}",
            "mime_type": "image/jpeg",
            "sha256": hashlib.sha256(jpeg).hexdigest(),
            "byte_size": len(jpeg),
        },
        "metadata": {
            "title": asset.names["en"],
            "caption": "",
            "description": " · ".join(dict.fromkeys(asset.names[language] for language in LANGUAGES[1:])),
            "filename": name,
            "language": "en",
            "tags": list(tags),
            "collections": [asset.group, f"Emoji {asset.emoji_version}"],
            "creator": CREATOR,
            "rights": RIGHTS,
            "created_at": _rfc3339(created),
            "modified_at": _rfc3339(modified),
            "attributes": _attributes(asset, look),
        },
        "acl": _acl(chance.random()),
    }


def words_of(entry: dict[str, Any]) -> list[str]:
    """Every text in a record's metadata that a search could match."""
    found: list[str] = []
    for value in entry["metadata"].values():
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        found += [str(item) for item in values]
    return found


def _attributes(asset: Annotated, look: Look) -> dict[str, str]:
    named = {f"title_{language}": asset.names[language] for language in LANGUAGES[1:]}
    return {
        "group": asset.group,
        "background": look.background,
        "pattern": look.pattern,
        "code_points": " ".join(f"U+{ord(part):04X}" for part in asset.character),
        **named,
    }


def _acl(draw: float) -> list[str]:
    for share, principals in _RESTRICTED:
        if draw < share:
            return principals
        draw -= share
    return ["public"]


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
