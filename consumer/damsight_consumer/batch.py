"""One batch of assets through all encoders: whose row is whose. What fails is a row's own problem."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from damsight_consumer.compose import Row
from damsight_consumer.decoding import Encodable
from damsight_consumer.plan import caption_text, metadata_text
from damsight_consumer.preparing import writable
from damsight_consumer.rows import Asking
from damsight_encoders.content import Position
from damsight_encoders.ports import Encoders
from damsight_schemas.document import Problem

Numbered = dict[int, Row | Problem]
"""By the asset's place in the batch."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The rows of what is to be seen and heard.

    Attributes:
        covers: Of the joint encoder.
        parts: The same, of each frame, page or slice, in order.
        looks: Of the encoder of pictures alone.
        sounds: Of the encoder of sounds.
    """

    covers: Numbered = field(default_factory=dict)
    parts: dict[int, list[tuple[Position, Row | Problem]]] = field(default_factory=dict)
    looks: Numbered = field(default_factory=dict)
    sounds: Numbered = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """The words, and their rows of the sentence model.

    Attributes:
        generated: Captions that were written.
        captions: Rows of the words that stand for an asset.
        ocr: Rows of the words that were read; only for what is fused.
        metadata: Rows of the rest of the metadata; the same.
    """

    generated: dict[int, str | Problem] = field(default_factory=dict)
    captions: Numbered = field(default_factory=dict)
    ocr: Numbered = field(default_factory=dict)
    metadata: Numbered = field(default_factory=dict)


def see(batch: Sequence[Encodable], encoders: Encoders, asking: Asking, *, most: int) -> Seen:
    """Encode what is to be seen and heard: covers and parts together, since they go through one model.

    Raises:
        AbandonedError: The consumer is stopping.
    """
    seen = Seen()
    if encoders.joint is not None:
        _see_jointly(batch, encoders, asking, seen, most)
    if encoders.look is not None:
        looks = {number: item.media.look for number, item in enumerate(batch) if item.media.look is not None}
        rows = asking.rows(list(looks.values()), encoders.look.encode_images, most=most)
        seen.looks.update(zip(looks, rows, strict=True))
    if encoders.audio is not None:
        sounds = {number: item.media.sound for number, item in enumerate(batch) if item.media.sound is not None}
        rows = asking.rows(list(sounds.values()), encoders.audio.encode_sounds, most=most)
        seen.sounds.update(zip(sounds, rows, strict=True))
    return seen


def _see_jointly(batch: Sequence[Encodable], encoders: Encoders, asking: Asking, seen: Seen, most: int) -> None:
    if encoders.joint is None:
        return
    covers = [(number, None, item.media.cover) for number, item in enumerate(batch) if item.media.cover is not None]
    parts = [(number, place, one) for number, item in enumerate(batch) for place, one in item.media.parts]
    given = [*covers, *parts]
    rows = asking.rows([one for _, _, one in given], encoders.joint.encode_images, most=most)
    for (number, place, _), row in zip(given, rows, strict=True):
        if place is None:
            seen.covers[number] = row
        else:
            seen.parts.setdefault(number, []).append((place, row))


def say(batch: Sequence[Encodable], encoders: Encoders, asking: Asking, *, most: int) -> Said:
    """Write the captions that are wanted, and encode all words, each text once.

    Pictures of one shoot often share their caption.

    Raises:
        AbandonedError: The consumer is stopping.
    """
    generated = _generated(batch, encoders, asking, most)
    if encoders.caption is None:
        return Said(generated)
    captions = _texts({number: _caption(item, generated.get(number)) for number, item in enumerate(batch)})
    fused = {number: item for number, item in enumerate(batch) if item.steps.fuse}
    ocr = _texts({number: item.findings.ocr for number, item in fused.items()})
    metadata = _texts({number: metadata_text(item.steps.metadata) for number, item in fused.items()})
    texts = list(dict.fromkeys([*captions.values(), *ocr.values(), *metadata.values()]))
    rows = dict(zip(texts, asking.rows(texts, encoders.caption.encode_texts, most=most), strict=True))
    captioned, read, told = ({n: rows[text] for n, text in some.items()} for some in (captions, ocr, metadata))
    return Said(generated, captioned, read, told)


def _generated(batch: Sequence[Encodable], encoders: Encoders, asking: Asking, most: int) -> dict[int, str | Problem]:
    if encoders.captioner is None:
        return {}
    shown = {number: item.media.described for number, item in enumerate(batch) if item.media.described is not None}
    written = asking.texts(list(shown.values()), encoders.captioner.describe, most=most)
    clean = [writable(text) if isinstance(text, str) else text for text in written]
    return dict(zip(shown, clean, strict=True))


def _caption(item: Encodable, generated: str | Problem | None) -> str:
    """Return the words to encode; those that somebody typed where none were written."""
    if item.steps.caption is None:
        return ""
    return caption_text(item.steps.metadata, generated) if isinstance(generated, str) else item.steps.caption


def _texts(some: dict[int, str]) -> dict[int, str]:
    return {number: text for number, text in some.items() if text}
