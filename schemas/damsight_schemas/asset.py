"""What the DAM says of an asset: its media, its metadata, and who may see it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

# Elasticsearch takes document ids of up to 512 bytes and terms of up to 32,766 bytes.
MAX_ASSET_ID_BYTES = 512
MAX_TERM_BYTES = 32_000
MAX_TEXT_CHARACTERS = 200_000
MAX_ATTRIBUTES_BYTES = 262_144
MAX_REVISION = 2**51 - 1

# Lone surrogates, and the C0 controls.
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNPRINTABLE = re.compile("[\x00-\x1f\ud800-\udfff]")

type_of_scalar = str | int | float | bool
PUBLIC = "public"


def _asset_id(value: str) -> str:
    if len(value.encode()) > MAX_ASSET_ID_BYTES:
        raise ValueError(f"an asset id takes at most {MAX_ASSET_ID_BYTES} bytes of UTF-8")
    return _printable(value)


def _printable(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise ValueError("control characters and lone surrogates are not taken here")
    return value


def _encodable(value: str) -> str:
    if not value.isascii() and _SURROGATE.search(value):
        raise ValueError("lone surrogates are not taken: send valid Unicode")
    return value


def _term(value: str) -> str:
    size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if size > MAX_TERM_BYTES:
        raise ValueError(f"takes at most {MAX_TERM_BYTES:,} bytes of UTF-8")
    return _encodable(value)


def _empty_is_absent(value: object) -> object:
    return None if value == "" else value


def _whole_time(value: object) -> object:
    # pydantic takes numbers and bare dates for times; the contract is RFC 3339 and nothing else.
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError("takes an RFC 3339 time with its zone, as in 2026-11-21T08:00:00Z")
    return value


def _attributes(value: dict[str, Any]) -> dict[str, Any]:
    total = 0
    for name, given in value.items():
        values = given if isinstance(given, list) else [given]
        size = sum(len(str(item).encode("utf-8", "surrogatepass")) for item in values)
        if any(len(str(item).encode("utf-8", "surrogatepass")) > MAX_TERM_BYTES for item in values):
            raise ValueError(f"attribute {name!r} holds {size:,} bytes; a value takes at most {MAX_TERM_BYTES:,}")
        total += size + len(name.encode("utf-8", "surrogatepass"))
    if total > MAX_ATTRIBUTES_BYTES:
        raise ValueError(f"attributes hold {total:,} bytes; together they take at most {MAX_ATTRIBUTES_BYTES:,}")
    return value


AssetId = Annotated[str, StringConstraints(min_length=1, strict=True), AfterValidator(_asset_id)]
Revision = Annotated[int, Field(strict=True, ge=1, le=MAX_REVISION)]
Term = Annotated[str, StringConstraints(strict=True), AfterValidator(_term)]
Text = Annotated[str, StringConstraints(strict=True, max_length=MAX_TEXT_CHARACTERS), AfterValidator(_encodable)]
Principal = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^(public|(user|group):[^\s].{0,500})$"),
    AfterValidator(_printable),
]
Time = Annotated[AwareDatetime, BeforeValidator(_whole_time)]
OptionalTime = Annotated[Time | None, BeforeValidator(_empty_is_absent)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
AttributeValue = type_of_scalar | list[type_of_scalar]
Kind = Literal["image", "video", "audio", "document", "other"]


class Media(BaseModel):
    """Where an asset's bytes are and what they claim to be.

    Attributes:
        uri: ``https://``, ``http://`` or ``file://``; the consumer's rules say which of them it reads.
        mime_type: As the DAM says it; the decoder trusts the bytes, not this.
        sha256: Of the bytes, in lower-case hex, where the DAM knows it.
        byte_size: Of the bytes, where the DAM knows it.
    """

    model_config = ConfigDict(frozen=True)

    uri: Annotated[str, StringConstraints(min_length=1, max_length=8192, pattern=r"^(https?|file|s3|gs)://")]
    mime_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=255)]
    sha256: Annotated[Sha256 | None, BeforeValidator(_empty_is_absent)] = None
    byte_size: Annotated[int | None, Field(strict=True, ge=0)] = None

    @property
    def kind(self) -> Kind:
        """The sort of asset, by the claimed MIME type."""
        return kind_of(self.mime_type)


class AssetMetadata(BaseModel):
    """What somebody typed, or a camera wrote, about an asset. Every field may be left out."""

    model_config = ConfigDict(frozen=True)

    title: Term = ""
    caption: Text = ""
    description: Text = ""
    filename: Term = ""
    language: Annotated[str, StringConstraints(pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")] = ""
    tags: list[Term] = []
    collections: list[Term] = []
    creator: Term = ""
    rights: Term = ""
    created_at: OptionalTime = None
    modified_at: OptionalTime = None
    attributes: Annotated[dict[str, AttributeValue], AfterValidator(_attributes)] = {}


def kind_of(mime_type: str) -> Kind:
    """Return the sort of asset that a MIME type names."""
    family = mime_type.partition("/")[0]
    if family in ("image", "video", "audio"):
        return family  # type: ignore[return-value]  # narrowed by the line above, which mypy cannot follow
    if family == "text" or mime_type in ("application/pdf", "application/msword"):
        return "document"
    if mime_type.startswith(("application/vnd.openxmlformats", "application/vnd.oasis.opendocument")):
        return "document"
    return "other"


def as_utc(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC, the way the index and the answers write it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
