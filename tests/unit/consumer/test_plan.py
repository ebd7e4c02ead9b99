"""What must be done for an event."""

import pytest

from damsight_consumer.plan import Plan, Wanted, caption_text, is_promised, metadata_text, plan, wanted_by
from damsight_encoders.ports import Encoders
from damsight_schemas.asset import AssetMetadata
from examples.assets import changed_event, deleted_event
from fakes.encoders import FakeTextEncoder, fake_encoders

EVERYTHING = Wanted(pictures=True, sounds=True, captions=True, descriptions=True, fused=True)


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"title": "IMG 1", "caption": "A dog runs.", "tags": ["x"]}, "IMG 1. A dog runs. x"),
        ({"title": "Dog.", "description": "At dusk.", "tags": ["dog", "beach"]}, "Dog. dog, beach"),
        ({"title": "Dog", "description": "At dusk."}, "Dog. At dusk"),
        ({"tags": ["dog"]}, "dog"),
        ({"caption": "  ", "title": " "}, ""),
        ({"filename": "dog.jpg", "creator": "Anna"}, ""),
    ],
)
def test_title_caption_and_tags_stand_for_an_asset(metadata: dict[str, object], text: str) -> None:
    """A description stands in where nothing else tells; a file name and a creator say nothing of what is to be seen."""
    assert caption_text(AssetMetadata.model_validate(metadata)) == text


def test_a_generated_caption_stands_in_where_none_was_typed() -> None:
    """Never beside a typed one, and before the description."""
    typed = AssetMetadata(title="T", caption="typed", description="long")
    bare = AssetMetadata(title="T", description="long")
    assert caption_text(typed, "a dog") == "T. typed"
    assert caption_text(bare, "a dog") == "T. a dog"
    assert caption_text(bare, " ") == "T. long"


def test_the_metadata_text_is_what_the_caption_text_leaves_out() -> None:
    """Description, collections, creator and the words of the file's name."""
    metadata = AssetMetadata(
        title="T", caption="C", description="D.", filename="IMG_1.jpg", collections=["a", "b"], creator="Anna"
    )
    assert metadata_text(metadata) == "D. a, b. Anna. IMG 1"
    assert metadata_text(AssetMetadata(title="T", tags=["x"])) == ""


def test_a_deletion_needs_a_tombstone_and_nothing_else() -> None:
    """Whatever models there are."""
    assert plan(deleted_event(), EVERYTHING) == Plan(tombstone=True)


PICTURES, SOUNDS = Wanted(pictures=True), Wanted(sounds=True)


@pytest.mark.parametrize(
    ("mime_type", "wanted", "fetched"),
    [
        ("image/jpeg", PICTURES, True),
        ("image/jpeg", SOUNDS, False),
        ("video/mp4", PICTURES, True),
        ("video/mp4", SOUNDS, True),
        ("audio/mpeg", SOUNDS, True),
        ("audio/mpeg", PICTURES, True),
        ("application/pdf", PICTURES, True),
        ("application/pdf", SOUNDS, False),
        ("application/octet-stream", PICTURES, True),
        ("application/zip", PICTURES, False),
        ("video/mp4", Wanted(captions=True), False),
        ("image/jpeg", Wanted(), False),
    ],
)
def test_a_media_is_fetched_where_there_is_a_use_for_it(mime_type: str, wanted: Wanted, fetched: bool) -> None:
    """A sound has cover art, a video a sound, and of unnamed bytes only they themselves can tell."""
    event = changed_event(mime_type=mime_type)
    assert plan(event, wanted).media == (event.data.media if fetched else None)


def test_a_caption_is_written_only_where_nobody_typed_one_and_something_is_to_be_seen() -> None:
    """A title is no caption."""
    assert plan(changed_event(title="x"), EVERYTHING).describe
    assert not plan(changed_event(caption="x"), EVERYTHING).describe
    assert not plan(changed_event(uri=None), EVERYTHING).describe
    assert not plan(changed_event(), PICTURES).describe


def test_what_is_wanted_follows_from_the_encoders() -> None:
    """Previews want pictures where no encoder does."""
    assert wanted_by(fake_encoders()) == Wanted(pictures=True, captions=True)
    words_alone = Encoders(joint=None, caption=FakeTextEncoder())
    assert wanted_by(words_alone) == Wanted(captions=True)
    assert wanted_by(words_alone, previews=True) == Wanted(pictures=True, captions=True)


@pytest.mark.parametrize(
    ("mime_type", "promised"),
    [("image/x-odd", True), ("video/mp4", True), ("audio/flac", True), ("application/pdf", True),
     ("text/plain", False), ("application/msword", False), ("application/octet-stream", False)],
)  # fmt: skip
def test_only_what_we_decode_is_promised(mime_type: str, promised: bool) -> None:
    """A word processor's file that shows nothing is no problem of the asset."""
    media = changed_event(mime_type=mime_type).data.media
    assert media is not None
    assert is_promised(media) == promised
