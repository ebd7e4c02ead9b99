"""What must be done for an event. Pure."""

from dataclasses import dataclass

from damsight_consumer.compose import NOTHING_FOUND, Findings
from damsight_schemas.asset import AssetMetadata, Media
from damsight_schemas.events import AssetEvent, DeletedEvent
from damsight_schemas.version import document_version


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps that one event takes.

    Attributes:
        tombstone: Store a tombstone and nothing else.
        picture: The media to fetch, decode and encode, where there is a picture and a model for it.
        caption: The words to encode, where there are any and a model for them.
        findings: What is known already.
        stored_sha256: Of the picture whose vector the index holds: where what is fetched has it too, that one serves.
    """

    tombstone: bool = False
    picture: Media | None = None
    caption: str = ""
    findings: Findings = NOTHING_FOUND
    stored_sha256: str | None = None


def plan(event: AssetEvent, *, pictures: bool, captions: bool) -> Plan:
    """Return the steps for an event.

    Args:
        event: What happened.
        pictures: An encoder for pictures is there.
        captions: An encoder for captions is there.
    """
    if isinstance(event, DeletedEvent):
        return Plan(tombstone=True)
    media = event.data.media
    wanted = pictures and media is not None and media.kind == "image"
    return Plan(picture=media if wanted else None, caption=caption_text(event.data.metadata) if captions else "")


def caption_text(metadata: AssetMetadata) -> str:
    """Return the words that stand for an asset in the caption vector; empty where it has none.

    The title, the caption and the tags, in this order, since a sentence model cuts what is too long at the end. The
    description stands in only where there is neither caption nor tag: it is often long, about something else, or in
    another language, and one vector has room for one meaning.
    """
    tags = ", ".join(metadata.tags).strip()
    caption = metadata.caption.strip() or ("" if tags else metadata.description.strip())
    return ". ".join(part.rstrip(".") for part in (metadata.title.strip(), caption, tags) if part)


def version_of(event: AssetEvent, *, attempt: int | None = None) -> int:
    """Return the external version of the event's document.

    Args:
        event: What happened.
        attempt: Of a document that lacks something: how often it was tried before; none for a whole one.
    """
    return document_version(event.data.revision, deleted=isinstance(event, DeletedEvent), attempt=attempt)
