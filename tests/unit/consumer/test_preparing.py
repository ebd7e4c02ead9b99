"""What is prepared of a media: how large it is decoded, how much memory it takes, and which words are kept."""

import numpy as np
import pytest

from damsight_consumer.compose import Findings, FoundPart
from damsight_consumer.decoding import Encodable
from damsight_consumer.plan import Plan
from damsight_consumer.preparing import MOST_OF_PARTS, READ_AT_LEAST, PreparedMedia, Preparing, writable
from damsight_consumer.telemetry import Telemetry
from damsight_encoders.content import Content, Part, Position
from damsight_encoders.perceptual_hash import perceptual_hash
from damsight_encoders.ports import Encoders
from damsight_schemas.asset import MAX_TEXT_CHARACTERS, Media
from damsight_schemas.connections import EncodingLimits
from examples.assets import changed_event, work
from examples.photographs import as_picture, photograph
from fakes.encoders import FakeJointEncoder, FakeTextEncoder, fake_encoders
from fakes.every_encoder import every_encoder
from fakes.text_reader import FakeTextReader, picture_of

PICTURE = Media(uri="https://dam.example/1", mime_type="image/jpeg")
FILM = Media(uri="https://dam.example/1", mime_type="video/mp4")


def preparing(encoders: Encoders, *, shown_px: int = 0, **limits: float) -> Preparing:
    return Preparing(encoders, limits=EncodingLimits(**limits), shown_px=shown_px, telemetry=Telemetry())


class Large(FakeJointEncoder):
    @property
    def input_size(self) -> int:
        return 512


@pytest.mark.parametrize(
    ("encoders", "shown_px", "still"),
    [
        (fake_encoders(), 0, 32),
        (Encoders(joint=FakeJointEncoder(), caption=None, look=Large()), 0, 1024),
        (fake_encoders(), 1600, 1600),
        (Encoders(joint=Large(), caption=None), 480, 1024),
        (every_encoder(), 480, READ_AT_LEAST),
        (Encoders(joint=None, caption=FakeTextEncoder()), 480, 480),
    ],
)
def test_a_still_is_decoded_as_large_as_the_most_demanding_needs(encoders: Encoders, shown_px: int, still: int) -> None:
    """Twice what a model sees, the whole preview, or enough to read."""
    assert preparing(encoders, shown_px=shown_px).at_least(PICTURE) == still


@pytest.mark.parametrize("most", [1, 32, 200])
def test_many_parts_are_decoded_smaller_so_that_all_fit_in_memory(most: int) -> None:
    """But never smaller than the models need; a film in 16 to 9 keeps the bound."""
    side = preparing(every_encoder(), shown_px=1600, max_frames=most, max_pages=1).at_least(FILM)
    assert side == 1600 if most == 1 else side < 1600
    assert side * side * 16 / 9 * 3 * most <= MOST_OF_PARTS
    tight = preparing(Encoders(joint=Large(), caption=None), max_frames=1000, max_pages=1)
    assert tight.at_least(FILM) == 1024


def test_what_waits_for_the_encoder_is_counted_whole() -> None:
    """Every array, so that a queue that is bounded in bytes bounds memory."""
    one = np.zeros((10, 10, 3), np.uint8)
    sound = np.zeros(100, np.float32)
    media = PreparedMedia(one, ((Position("frame", 1), one), (Position("frame", 2), one)), one, one, sound)
    assert media.nbytes == 5 * 300 + 400
    row = np.zeros(768, np.float32)
    findings = Findings(image_vector=row, frames=(FoundPart(Position("frame", 1), row),), ocr="x" * 1000)
    item = Encodable(work(changed_event()), Plan(findings=findings), media)
    assert item.size > media.nbytes + 2 * row.nbytes + 1000


def test_reading_ends_when_its_time_is_up() -> None:
    """The first page is always read; a book of scans must not keep a thread for an hour."""
    encoders = every_encoder()
    pages = tuple(Part(Position("page", number), picture_of(f"p{number}")) for number in range(1, 5))
    slow = preparing(encoders, max_decode_s=1e-9).prepare(Content(pages[0].picture, pages), Plan())
    assert slow.findings.ocr == "p1"
    assert isinstance(encoders.reader, FakeTextReader)
    assert encoders.reader.read_so_far == 1
    whole = preparing(encoders).prepare(Content(pages[0].picture, pages), Plan())
    assert whole.findings.ocr == "p1\np2\np3\np4"


def test_stills_alone_get_a_perceptual_hash() -> None:
    """A film, a document or a sound is more than its cover, and covers are often alike; a blank one tells nothing."""
    still = as_picture(photograph(64, 48))
    kinds = {"image": PICTURE, "audio": Media(uri="https://dam.example/1", mime_type="audio/mpeg")}
    told = [
        preparing(fake_encoders()).prepare(content, Plan(media=kinds[kind])).findings.perceptual_hash
        for content, kind in (
            (Content(still), "image"),
            (Content(still, (Part(Position("frame", 1), still),)), "image"),
            (Content(still, duration_s=2.0), "image"),
            (Content(still, pages=1), "image"),
            (Content(still), "audio"),
            (Content(as_picture(np.full((9, 9, 3), 7, np.uint8))), "image"),
            (Content(None), "image"),
        )
    ]
    assert told == [perceptual_hash(still), None, None, None, None, None, None]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b\ud800c\td\n", "a b c d"), ("  ", ""), ("x" * (MAX_TEXT_CHARACTERS + 9), "x" * MAX_TEXT_CHARACTERS)],
)
def test_words_are_kept_as_the_index_takes_them(text: str, kept: str) -> None:
    """A half of a surrogate pair would fail a whole bulk."""
    assert writable(text).replace("\t", " ") == kept
