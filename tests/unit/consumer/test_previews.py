"""Thumbnails and previews: what they show, where they lie, and what becomes of old ones."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from damsight_consumer.drawing import PreviewDrawing
from damsight_consumer.records import Lane, Outcome
from damsight_consumer.world import KeptPreviews
from damsight_encoders.content import Picture
from damsight_schemas.preview_keys import asset_folder, is_preview_of, preview_key
from examples.assets import changed_event, created_event, deleted_event
from examples.pictures import jpeg, noisy_jpeg
from fakes.media_decoder import described
from fakes.preview_store import FakePreviewStore
from fakes.workshop import Workshop

URI = "https://dam.example/1"
RED, BLUE = jpeg("red", (400, 300)), jpeg("blue", (400, 300))
DRAWING = PreviewDrawing(thumbnail_px=64, preview_px=256)


@pytest.fixture
def store(workshop: Workshop) -> FakePreviewStore:
    """A workshop that keeps previews."""
    kept = FakePreviewStore()
    workshop.previews = KeptPreviews(DRAWING, 256, kept)
    return kept


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def picture(width: int, height: int, **told: object) -> Picture:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Picture(pixels, (width, height), "PNG", **told)


@pytest.mark.parametrize(
    ("size", "small", "large"),
    [
        ((400, 300), (64, 48), (256, 192)),
        ((100, 50), (64, 32), (100, 50)),
        ((10, 20), (10, 20), (10, 20)),
        ((2000, 1), (64, 1), (256, 1)),
    ],
)
def test_both_keep_the_shape_and_are_never_enlarged(
    size: tuple[int, int], small: tuple[int, int], large: tuple[int, int]
) -> None:
    """WebP in RGB, without EXIF, XMP or a profile, under a key that is the asset's own."""
    thumbnail, preview = DRAWING("a", picture(*size))
    for one, expected in ((thumbnail, small), (preview, large)):
        image = opened(one.data)
        assert (image.format, image.mode, image.size) == ("WEBP", "RGB", expected)
        assert not {"exif", "xmp", "icc_profile"} & set(image.info)
        assert is_preview_of(one.key, "a")
    assert (thumbnail.kind, preview.kind) == ("thumbnail", "preview")


def test_only_what_the_original_covers_is_drawn() -> None:
    """A JPEG decoded at a part of its size ends in pixels that are only partly filled."""
    shown = Picture(np.zeros((101, 101, 3), np.uint8), (200, 100), "JPEG", (0.0, 0.0, 100.0, 50.0))
    assert opened(DRAWING("a", shown)[1].data).size == (100, 50)


def test_faces_are_blurred_in_both() -> None:
    """Before the thumbnail is made of the preview."""

    def black(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.zeros_like(pixels)

    for one in PreviewDrawing(thumbnail_px=64, preview_px=256, blur=black)("a", picture(300, 200)):
        assert np.asarray(opened(one.data)).max() < 8


def test_keys_name_one_asset_and_one_content() -> None:
    """An id that is a path leads nowhere else; no other asset's key, and no other name, is taken for its own."""
    key = preview_key("../../etc", b"x", 480)
    assert key == preview_key("../../etc", b"x", 480)
    assert key != preview_key("../../etc", b"y", 480)
    folder, _, name = key.rpartition("/")
    assert folder == asset_folder("../../etc")
    assert is_preview_of(key, "../../etc")
    for other in (f"{folder}/../{name}", f"{folder}/{name}x", f"x/{key}", name, f"{folder}/{name[:-5]}.png", ""):
        assert not is_preview_of(other, "../../etc")
    assert not is_preview_of(key, "a")


def test_a_document_names_previews_that_are_there(workshop: Workshop, store: FakePreviewStore) -> None:
    """Of a picture, of a film by its cover, and of a document; a sound without a cover has none."""
    workshop.fetcher.files = {
        URI: RED, URI + "f": described("red", "blue"), URI + "d": described("red", kind="page"),
        URI + "s": described(hertz=440, duration_s=1.0),
    }  # fmt: skip
    workshop.send(
        changed_event("picture", uri=URI),
        changed_event("film", uri=URI + "f", mime_type="video/mp4"),
        changed_event("page", uri=URI + "d", mime_type="application/pdf"),
        changed_event("sound", uri=URI + "s", mime_type="audio/mpeg"),
    )
    assert workshop.consume_events(4) == {Outcome.INDEXED: 4}
    documents = workshop.writer.documents
    for name in ("picture", "film", "page"):
        for kind in ("thumbnail", "preview"):
            assert is_preview_of(documents[name][kind], name)
            assert documents[name][kind] in store.files
    assert opened(store.files[documents["picture"]["preview"]]).size == (256, 192)
    assert "thumbnail" not in documents["sound"]


def test_previews_are_made_where_no_encoder_looks(workshop: Workshop, store: FakePreviewStore) -> None:
    """A library that is searched by words alone still has something to show."""
    workshop.encoders = replace(workshop.encoders, joint=None)
    workshop.fetcher.files[URI] = RED
    workshop.send(changed_event("a", uri=URI))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.writer.documents["a"]["preview"] in store.files
    assert "image_vector" not in workshop.writer.documents["a"]


def test_what_may_show_faces_is_not_kept(workshop: Workshop, store: FakePreviewStore) -> None:
    """Where the blur fails there are no previews; the rest is stored, and says so."""

    def broken(_: NDArray[np.uint8]) -> NDArray[np.uint8]:
        raise RuntimeError("no faces today")

    drawing = PreviewDrawing(thumbnail_px=64, preview_px=256, blur=broken)
    workshop.previews = KeptPreviews(drawing, 256, store)
    workshop.fetcher.files[URI] = RED
    workshop.send(changed_event("a", uri=URI))
    assert workshop.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    document = workshop.writer.documents["a"]
    assert document["problem"] == {"stage": "preview", "error": "RuntimeError", "message": "no faces today"}
    assert document["image_vector"]
    assert store.files == {}


def test_a_store_that_is_down_holds_up_nothing_and_loses_nothing(workshop: Workshop, store: FakePreviewStore) -> None:
    """All documents are stored with their vectors and tried again; few asked the store; once it is back, it has all."""
    store.troubles = 1_000_000
    workshop.stage_limits = replace(workshop.stage_limits, longest_wait_s=30.0)
    workshop.fetcher.files[URI] = noisy_jpeg()
    names = [f"a{number}" for number in range(20)]
    workshop.send(*(created_event(name, uri=URI) for name in names))
    assert workshop.consume_events(20) == {Outcome.POSTPONED: 20}
    assert store.asked < 20
    for name in names:
        document = workshop.writer.documents[name]
        assert (document["problem"]["stage"], document["problem"]["error"]) == (
            "preview", "PreviewStoreUnavailableError",
        )  # fmt: skip
        assert document["image_vector"]
        assert "preview" not in document
    assert workshop.letters.letters == []
    store.troubles = 0
    workshop.send(*(created_event(name, uri=URI) for name in names), lane=Lane.RETRY, attempt=1)
    assert workshop.consume_events(20) == {Outcome.INDEXED: 20}
    assert all(workshop.writer.documents[name]["preview"] in store.files for name in names)


def test_the_same_bytes_keep_their_previews(workshop: Workshop, store: FakePreviewStore) -> None:
    """A new title writes nothing to the store and deletes nothing."""
    workshop.fetcher.files[URI] = RED
    workshop.send(changed_event("a", 1, uri=URI))
    workshop.consume_events(1)
    before, asked = dict(store.files), store.asked
    workshop.send(changed_event("a", 2, uri=URI, title="T"))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    assert workshop.writer.documents["a"]["preview"] in before
    assert (store.files, store.asked) == (before, asked)


def test_other_bytes_replace_previews_and_a_deletion_removes_all(workshop: Workshop, store: FakePreviewStore) -> None:
    """Those of other assets stay; what no document names any more is gone."""
    workshop.fetcher.files = {URI: RED, URI + "2": BLUE}
    workshop.send(changed_event("a", 1, uri=URI), changed_event("b", 1, uri=URI))
    workshop.consume_events(2)
    workshop.send(changed_event("a", 2, uri=URI + "2"))
    assert workshop.consume_events(1) == {Outcome.INDEXED: 1}
    named = {workshop.writer.documents[name][kind] for name in "ab" for kind in ("thumbnail", "preview")}
    assert set(store.files) == named
    workshop.send(deleted_event("a", 3))
    assert workshop.consume_events(1) == {Outcome.DELETED: 1}
    assert set(store.files) == {workshop.writer.documents["b"][kind] for kind in ("thumbnail", "preview")}


def test_an_older_event_deletes_nothing(workshop: Workshop, store: FakePreviewStore) -> None:
    """A deletion that comes late finds a newer revision, whose previews are in use."""
    workshop.fetcher.files[URI] = RED
    workshop.send(changed_event("a", 5, uri=URI))
    workshop.consume_events(1)
    before = dict(store.files)
    workshop.send(deleted_event("a", 4))
    assert workshop.consume_events(1) == {Outcome.ALREADY: 1}
    assert store.files == before


def test_previews_that_cannot_be_deleted_hold_up_no_event(workshop: Workshop, store: FakePreviewStore) -> None:
    """The tombstone is stored and the event is done; it is told in the metrics."""
    workshop.fetcher.files[URI] = RED
    workshop.send(changed_event("a", 1, uri=URI))
    workshop.consume_events(1)
    store.troubles = 1
    workshop.send(deleted_event("a", 2))
    assert workshop.consume_events(1) == {Outcome.DELETED: 1}
    assert len(store.files) == 2
    value = workshop.telemetry.registry.get_sample_value(
        "damsight_consumer_extras_total", {"what": "preview", "outcome": "failed"}
    )
    assert value == 1
