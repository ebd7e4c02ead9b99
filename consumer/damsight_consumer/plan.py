"""What must be done for an event. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from damsight_consumer.compose import NOTHING_FOUND, Findings
from damsight_encoders.ports import Encoders
from damsight_schemas.asset import AssetMetadata, Media
from damsight_schemas.events import AssetEvent, DeletedEvent
from damsight_schemas.filename import filename_words
from damsight_schemas.version import document_version

PDF = "application/pdf"
NOTHING_TYPED = AssetMetadata()
# What storages and DAMs say where they do not know: only the bytes can tell. The rest are films, sounds and drawings
# whose type does not say so.
_TELL_NOTHING = frozenset(
    {
        "application/octet-stream",
        "binary/octet-stream",
        "application/unknown",
        "application/x-unknown",
        "application/mxf",
        "application/ogg",
        "application/illustrator",
        "application/dicom",
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What there is a use for, given the encoders that are loaded.

    Attributes:
        pictures: What a media shows.
        sounds: What is to be heard in it.
        captions: Words, for the caption vector.
        descriptions: A caption by a model for what has none.
        fused: One vector of several.
    """

    pictures: bool = False
    sounds: bool = False
    captions: bool = False
    descriptions: bool = False
    fused: bool = False


class Plan(NamedTuple):
    """The steps that one event takes.

    Attributes:
        tombstone: Store a tombstone and nothing else.
        media: What to fetch, decode and encode, where there is any and a use for it.
        caption: The words to encode; none where their vector is there, or no model for them.
        describe: Nobody typed a caption: let a model write one, and encode the words with it.
        fuse: Make one vector of several.
        metadata: What was typed.
        findings: What is known already.
        stored_sha256: Of the media whose vectors the index holds: where what is fetched has it too, they serve.
    """

    tombstone: bool = False
    media: Media | None = None
    caption: str | None = None
    describe: bool = False
    fuse: bool = False
    metadata: AssetMetadata = NOTHING_TYPED
    findings: Findings = NOTHING_FOUND
    stored_sha256: str | None = None

    @property
    def encodes_words(self) -> bool:
        """An encoder is needed even where no media is."""
        return bool(self.caption) or self.fuse


def wanted_by(encoders: Encoders, *, previews: bool = False) -> Wanted:
    """Return what there is a use for.

    Args:
        encoders: Those that are loaded.
        previews: Thumbnails and previews are kept.
    """
    looking = (encoders.joint, encoders.look, encoders.captioner, encoders.reader)
    return Wanted(
        pictures=previews or any(one is not None for one in looking),
        sounds=encoders.audio is not None,
        captions=encoders.caption is not None,
        descriptions=encoders.captioner is not None,
        fused=encoders.fusion is not None,
    )


def plan(event: AssetEvent, wanted: Wanted) -> Plan:
    """Return the steps for an event."""
    if isinstance(event, DeletedEvent):
        return Plan(tombstone=True)
    media, metadata = event.data.media, event.data.metadata
    if media is not None and not _is_used(media, wanted):
        media = None
    return Plan(
        media=media,
        caption=caption_text(metadata) if wanted.captions else None,
        describe=wanted.descriptions and media is not None and not metadata.caption.strip(),
        fuse=wanted.fused,
        metadata=metadata,
    )


def _is_used(media: Media, wanted: Wanted) -> bool:
    if media.kind in ("image", "document"):
        return wanted.pictures
    if media.kind == "other" and media.mime_type.lower() not in _TELL_NOTHING:
        return False
    # A sound has cover art, and a video a sound.
    return wanted.pictures or wanted.sounds


def is_promised(media: Media) -> bool:
    """Tell whether the event says that its media is of a sort that we decode.

    A word processor's file or unnamed bytes that turn out to be nothing of the sort are no problem of the asset.
    """
    return media.kind in ("image", "video", "audio") or media.mime_type == PDF


def caption_text(metadata: AssetMetadata, generated: str = "") -> str:
    """Return the words that stand for an asset in the caption vector; empty where it has none.

    The title, the caption and the tags, in this order, since a sentence model cuts what is too long at the end. The
    description stands in only where there is neither caption nor tag: it is often long, about something else, or in
    another language, and one vector has room for one meaning.

    Args:
        metadata: What was typed.
        generated: The caption that a model wrote; it stands in where none was typed.
    """
    tags = ", ".join(metadata.tags).strip()
    caption = metadata.caption.strip() or generated.strip() or ("" if tags else metadata.description.strip())
    return ". ".join(part.rstrip(".") for part in (metadata.title.strip(), caption, tags) if part)


def metadata_text(metadata: AssetMetadata) -> str:
    """Return the words of the metadata that `caption_text` leaves out, for the fused vector; empty where none are."""
    described = metadata.description.strip()
    collections = ", ".join(metadata.collections).strip()
    parts = (described, collections, metadata.creator.strip(), filename_words(metadata.filename))
    return ". ".join(part.rstrip(".") for part in parts if part)


def version_of(event: AssetEvent, *, epoch: int = 0, attempt: int | None = None) -> int:
    """Return the external version of the event's document.

    Args:
        event: What happened.
        epoch: Of the pipeline; see `damsight_schemas.version`.
        attempt: Of a document that lacks something: how often it was tried before; none for a whole one.
    """
    deleted = isinstance(event, DeletedEvent)
    return document_version(event.data.revision, deleted=deleted, pipeline_epoch=epoch, attempt=attempt)
