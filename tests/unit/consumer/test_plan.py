"""What must be done for an event."""

import pytest

from damsight_consumer.plan import Plan, caption_text, plan
from damsight_schemas.asset import AssetMetadata
from examples.assets import changed_event, deleted_event


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


def test_a_deletion_needs_a_tombstone_and_nothing_else() -> None:
    """Whatever models there are."""
    assert plan(deleted_event(), pictures=True, captions=True) == Plan(tombstone=True)


def test_only_pictures_are_fetched_and_only_where_a_model_is_there() -> None:
    """A film is not, a picture without an image model is not."""
    picture = changed_event(title="x")
    film = changed_event(uri="https://dam.example/a.mp4", mime_type="video/mp4", title="x")
    assert plan(picture, pictures=True, captions=True) == Plan(picture=picture.data.media, caption="x")
    assert plan(picture, pictures=False, captions=False) == Plan()
    assert plan(film, pictures=True, captions=True) == Plan(caption="x")
