"""Prepare: from what a file holds to what each encoder takes, in the thread that decoded it."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from damsight_consumer.compose import NOTHING_FOUND, Findings
from damsight_consumer.plan import Plan
from damsight_consumer.problems import problem_of
from damsight_consumer.records import Stage
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.content import Content, Picture, Position
from damsight_encoders.errors import EncoderUnavailableError
from damsight_encoders.perceptual_hash import perceptual_hash
from damsight_encoders.ports import Encoders, Prepared, PreparedSound
from damsight_schemas.asset import MAX_TEXT_CHARACTERS, Media
from damsight_schemas.connections import EncodingLimits
from damsight_schemas.document import Problem

# A picture decoded to twice what the model sees loses nothing when it is resized (measured: PSNR 53 to 55 dB).
DECODE_AT_LEAST = 2
# The shorter side of a page whose words are read: A4 at some 170 dots an inch.
READ_AT_LEAST = 1400
# Of all pictures that a decoding thread holds of one file, in bytes: parts are decoded smaller where they are many.
MOST_OF_PARTS = 256 * 1024 * 1024
_BYTES_A_PIXEL = 3
# Of the longer side to the shorter one: a film's 16 to 9 is the longest that is usual.
_LONGEST_SHAPE = 16 / 9
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff]")

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class PreparedMedia:
    """What the encoders take of one media.

    Attributes:
        cover: For the joint encoder.
        parts: Frames, pages or slices, for the joint encoder.
        look: The cover for the encoder of pictures alone.
        described: The cover for the captioner.
        sound: For the encoder of sounds.
    """

    cover: Prepared | None = None
    parts: tuple[tuple[Position, Prepared], ...] = ()
    look: Prepared | None = None
    described: Prepared | None = None
    sound: PreparedSound | None = None

    @property
    def nbytes(self) -> int:
        """Of all arrays."""
        if self is NOTHING_PREPARED:
            return 0
        alone = (self.cover, self.look, self.described, self.sound)
        return sum(one.nbytes for one in alone if one is not None) + sum(one.nbytes for _, one in self.parts)


NOTHING_PREPARED = PreparedMedia()


@dataclass(frozen=True, slots=True)
class Ready:
    """A decoded media, prepared.

    Attributes:
        media: What the encoders take.
        findings: What is known now.
        lesser: Why something of lesser importance is not there.
    """

    media: PreparedMedia = NOTHING_PREPARED
    findings: Findings = NOTHING_FOUND
    lesser: Problem | None = None


class Preparing:
    """Prepares for the encoders that are there. Any thread may call it.

    What the joint encoder cannot prepare of the cover fails the media; any other failure leaves the rest.

    Args:
        encoders: Those that are loaded.
        limits: How much of a media is looked at, and for how long its words are read.
        shown_px: The longest side of a preview, where previews are made; 0: none are.
        telemetry: Is told of what was read.
    """

    def __init__(self, encoders: Encoders, *, limits: EncodingLimits, shown_px: int, telemetry: Telemetry) -> None:
        self._encoders = encoders
        self._seconds = limits.max_decode_s
        self._telemetry = telemetry
        seen = (encoders.joint, encoders.look, encoders.captioner)
        self._sees = DECODE_AT_LEAST * max((one.input_size for one in seen if one is not None), default=1)
        whole = max(self._sees, shown_px, READ_AT_LEAST if encoders.reader is not None else 1)
        affordable = MOST_OF_PARTS / (max(limits.max_frames, limits.max_pages) * _BYTES_A_PIXEL * _LONGEST_SHAPE)
        self._alone, self._among = whole, max(self._sees, min(whole, math.isqrt(int(affordable))))

    @property
    def sound_rate(self) -> int | None:
        """Samples a second of the sound that is wanted; none where it is not."""
        return self._encoders.audio.rate if self._encoders.audio is not None else None

    def at_least(self, media: Media) -> int:
        """Return the shorter side in pixels at which a media's pictures are to be decoded.

        A still is decoded large enough for its preview and for its words; of what may have many pictures, each only as
        far as they all fit in memory together.
        """
        return self._alone if media.kind == "image" else self._among

    def prepare(self, content: Content, steps: Plan) -> Ready:
        """Prepare what a media holds.

        Raises:
            Exception: Whatever the joint encoder raises for the cover.
        """
        extras = _Extras(self._telemetry)
        media = PreparedMedia(
            cover=self._for_joint(content.cover),
            parts=self._parts(content, extras),
            look=self._for_look(content.cover, extras),
            described=self._described(content.cover, extras) if steps.describe else None,
            sound=self._sound(content, extras),
        )
        words = self._words(content, extras)
        is_sound = steps.media is not None and steps.media.kind == "audio"
        findings = steps.findings._replace(
            size=content.cover.original_size if content.cover is not None and not is_sound else None,
            later=extras.later,
            ocr=words,
            duration_s=content.duration_s,
            pages=content.pages,
            perceptual_hash=None if is_sound else _hash(content, extras),
        )
        return Ready(media, findings, extras.problem)

    def _for_joint(self, cover: Picture | None) -> Prepared | None:
        joint = self._encoders.joint
        return joint.prepare(cover) if joint is not None and cover is not None else None

    def _parts(self, content: Content, extras: "_Extras") -> tuple[tuple[Position, Prepared], ...]:
        joint = self._encoders.joint
        if joint is None:
            return ()
        made = [(part.position, extras.tried("part", joint.prepare, part.picture)) for part in content.parts]
        return tuple((position, prepared) for position, prepared in made if prepared is not None)

    def _for_look(self, cover: Picture | None, extras: "_Extras") -> Prepared | None:
        look = self._encoders.look
        return extras.tried("look", look.prepare, cover) if look is not None and cover is not None else None

    def _described(self, cover: Picture | None, extras: "_Extras") -> Prepared | None:
        captioner = self._encoders.captioner
        if captioner is None or cover is None:
            return None
        return extras.tried("generated_caption", captioner.prepare, cover)

    def _sound(self, content: Content, extras: "_Extras") -> PreparedSound | None:
        audio = self._encoders.audio
        if audio is None or content.sound is None:
            return None
        return extras.tried("audio", audio.prepare, content.sound)

    def _words(self, content: Content, extras: "_Extras") -> str:
        if content.words.strip() or self._encoders.reader is None:
            return writable(content.words)
        read: list[str] = []
        began = time.monotonic()
        for picture in _read_pictures(content):
            if read and time.monotonic() - began > self._seconds:
                break
            read.append(extras.tried("ocr", self._encoders.reader.read, picture) or "")
        words = writable("\n".join(text for text in read if text.strip()))
        if read and not words:
            self._telemetry.went("ocr", "empty")
        return words


class _Extras:
    """Makes what an asset can do without; keeps the first problem, and whether a later try may help."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self.problem: Problem | None = None
        self.later = False

    def tried(self, what: str, make: Callable[[Given], Made], given: Given) -> Made | None:
        try:
            return make(given)
        except Exception as error:  # noqa: BLE001  whatever fails an extra must not fail the asset
            self._telemetry.went(what, "failed")
            self.problem = self.problem or problem_of(Stage.ENCODE, error)
            # Where what reads words cannot be run at all, no asset is at fault.
            self.later = self.later or isinstance(error, EncoderUnavailableError)
            return None


def _hash(content: Content, extras: _Extras) -> str | None:
    """Return what a still looks like. A film or a document is more than its cover, and covers are often alike."""
    if content.cover is None or content.parts or content.duration_s is not None or content.pages is not None:
        return None
    return extras.tried("perceptual_hash", perceptual_hash, content.cover)


def _read_pictures(content: Content) -> list[Picture]:
    """Return the pages of a document, or the cover: a film's every frame would cost more than it tells."""
    pages = [part.picture for part in content.parts if part.position.kind == "page"]
    return pages or ([content.cover] if content.cover is not None else [])


def writable(text: str) -> str:
    """Return words as an index takes them: valid Unicode without controls, cut at the contract's bound."""
    return _UNWRITABLE.sub(" ", text[:MAX_TEXT_CHARACTERS]).strip()
