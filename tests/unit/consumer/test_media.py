"""What the consumer makes of films, documents, sounds and pictures without words, over fakes."""

from dataclasses import replace

import numpy as np
import pytest

from damsight_consumer.compose import packed
from damsight_consumer.precedence import Precedence
from damsight_consumer.records import Lane, Outcome
from damsight_encoders.content import Content, Part, Position
from damsight_encoders.ports import Encoders
from damsight_schemas.document import AssetDocument
from damsight_schemas.version import document_version
from examples.assets import changed_event
from examples.pictures import jpeg
from fakes.every_encoder import every_encoder
from fakes.media_decoder import SIDE, described
from fakes.text_reader import picture_of
from fakes.workshop import Workshop

URI = "https://dam.example/1"


def batches(encoders: Encoders) -> list[int]:
    """How many went through each encoder of media so far."""
    return [sum(one.batches) for one in (encoders.joint, encoders.look, encoders.audio, encoders.captioner)]


def test_a_film_becomes_frames_with_positions_and_all_vectors(rich: Workshop) -> None:
    """The cover is the image vector, each scene a frame; the sound, the written caption and the fused vector beside."""
    rich.fetcher.files[URI] = described("red", "blue", hertz=440, duration_s=5.0)
    rich.send(changed_event("film", uri=URI, mime_type="video/mp4", title="A trip"))
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    document = rich.writer.documents["film"]
    assert AssetDocument.model_validate(document).body() == document
    assert [(one["kind"], one["number"], one["seconds"]) for one in document["frames"]] == [
        ("frame", 1, 0.0), ("frame", 2, 2.0),
    ]  # fmt: skip
    joint, caption = rich.encoders.joint, rich.encoders.caption
    red, blue = (np.full((SIDE, SIDE, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
    assert [one["vector"] for one in document["frames"]] == [packed(row) for row in joint.encode_images([red, blue])]
    assert document["image_vector"] == document["frames"][0]["vector"]
    assert document["generated_caption"] == "a picture of red"
    assert document["caption_vector"] == packed(caption.encode_texts(["A trip. a picture of red"])[0])
    assert (document["duration_s"], document["width"]) == (5.0, SIDE)
    assert {"look_vector", "audio_vector", "fused_vector"} <= set(document)
    assert "problem" not in document


def test_a_documents_own_words_are_kept_and_not_read_again(rich: Workshop) -> None:
    """Its pages are parts; its words are what is read elsewhere."""
    rich.fetcher.files[URI] = described("red", "blue", "green", kind="page", words="Minutes of the meeting")
    rich.send(changed_event("minutes", uri=URI, mime_type="application/pdf"))
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    document = rich.writer.documents["minutes"]
    assert (document["ocr"], document["pages"]) == ("Minutes of the meeting", 3)
    assert [(one["kind"], one["number"]) for one in document["frames"]] == [("page", 1), ("page", 2), ("page", 3)]
    assert "seconds" not in document["frames"][0]
    assert rich.encoders.reader.read_so_far == 0


@pytest.mark.parametrize(("kind", "words"), [("page", "one\ntwo"), ("frame", "cover")])
def test_words_are_read_in_pictures(rich: Workshop, kind: str, words: str) -> None:
    """In each page that has no text layer; of a film only in its cover. Controls and halves of characters go."""

    class Scanned:
        def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
            parts = tuple(
                Part(Position(kind, number), picture_of(text)) for number, text in enumerate(("one", "\x00two"), 1)
            )
            return Content(cover=picture_of("cover"), parts=parts)

    rich.decoder = Scanned()
    rich.fetcher.files[URI] = b"x"
    rich.send(changed_event("scan", uri=URI, mime_type="application/pdf"))
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    assert rich.writer.documents["scan"]["ocr"].replace("\n ", "\n") == words


def test_a_sound_without_a_cover_has_its_own_vector(rich: Workshop) -> None:
    """No picture, no size, no problem; its fused vector is that of its words."""
    rich.fetcher.files[URI] = described(hertz=440, duration_s=3.0)
    rich.send(changed_event("song", uri=URI, mime_type="audio/mpeg", title="A song"))
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    document = rich.writer.documents["song"]
    assert {"audio_vector", "caption_vector", "fused_vector"} <= set(document)
    assert not {"image_vector", "look_vector", "frames", "width", "generated_caption", "problem"} & set(document)
    assert document["duration_s"] == 3.0


def test_rights_alone_touch_no_encoder_and_words_only_that_of_words(rich: Workshop) -> None:
    """All that is stored of the same bytes is written again; a new title changes two vectors."""
    rich.fetcher.files[URI] = described("red", "blue", hertz=440, duration_s=5.0)
    told = {"uri": URI, "mime_type": "video/mp4", "sha256": None}
    rich.send(changed_event("film", 1, title="A trip", **told))
    rich.consume_events(1)
    first, before = rich.writer.documents["film"], batches(rich.encoders)
    purposes = len(rich.encoders.caption.purposes)
    rich.send(changed_event("film", 2, title="A trip", acl=["group:press"], **told))
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    second = rich.writer.documents["film"]
    made = ("frames", "duration_s", "generated_caption", "image_vector", "look_vector", "audio_vector", "fused_vector")
    assert [set(one) for one in (first, second)] == [set(first)] * 2
    assert {name: second[name] for name in ("duration_s", "generated_caption")} == {
        "duration_s": 5.0, "generated_caption": "a picture of red",
    }  # fmt: skip
    assert len(rich.encoders.caption.purposes) == purposes
    rich.send(changed_event("film", 3, title="Another trip", **told))
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    third = rich.writer.documents["film"]
    assert {name for name in made if third[name] != second[name]} == {"fused_vector"}
    caption = rich.encoders.caption.encode_texts(["Another trip. a picture of red"])[0]
    assert third["caption_vector"] == packed(caption)
    assert batches(rich.encoders) == before


def test_no_more_goes_through_an_encoder_at_once_than_the_largest_batch(
    rich: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames count as pictures do; a backfill's steps are short ones while live events come, and only then."""
    rich.stage_limits = replace(rich.stage_limits, encode_batch=5, backfill_step_s=1e-9)
    rich.fetcher.files[URI] = described(*["red", "blue"] * 6)
    for name, lane, lively, most in (
        ("live", Lane.LIVE, True, 5), ("old", Lane.BACKFILL, True, 1), ("older", Lane.BACKFILL, False, 5)
    ):  # fmt: skip
        monkeypatch.setattr(Precedence, "is_lively", lambda _, lively=lively: lively)
        rich.encoders.joint.batches.clear()
        rich.send(changed_event(name, uri=URI, mime_type="video/mp4"), lane=lane)
        assert rich.consume_events(1) == {Outcome.INDEXED: 1}
        assert (max(rich.encoders.joint.batches), sum(rich.encoders.joint.batches)) == (most, 13)


def test_a_newer_epoch_makes_everything_anew(rich: Workshop) -> None:
    """Of the same revision, bytes and words; and the older epoch does not take it back."""
    rich.fetcher.files[URI] = jpeg("red")
    event = changed_event("a", 3, uri=URI, title="T")
    rich.encoders = replace(rich.encoders, captioner=None)
    rich.send(event)
    rich.consume_events(1)
    assert "generated_caption" not in rich.writer.documents["a"]
    rich.encoders = every_encoder()
    rich.send(event, lane=Lane.BACKFILL)
    assert rich.consume_events(1) == {Outcome.ALREADY: 1}
    rich.limits = replace(rich.limits, epoch=1)
    rich.send(event, lane=Lane.BACKFILL)
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    assert rich.writer.documents["a"]["generated_caption"] == "a picture of red"
    assert rich.writer.versions["a"] == document_version(3, deleted=False, pipeline_epoch=1)
    rich.limits = replace(rich.limits, epoch=0)
    rich.send(event, lane=Lane.BACKFILL)
    assert rich.consume_events(1) == {Outcome.ALREADY: 1}


def test_a_written_caption_is_not_a_typed_one(rich: Workshop) -> None:
    """Where somebody typed one, nothing is written; where a model has nothing to say, the title stands alone."""
    rich.fetcher.files = {URI: jpeg("red"), URI + "w": jpeg("white")}
    rich.send(changed_event("typed", uri=URI, caption="My dog"), changed_event("white", uri=URI + "w", title="Snow"))
    assert rich.consume_events(2) == {Outcome.INDEXED: 2}
    assert rich.encoders.captioner.batches == [1]
    assert all("generated_caption" not in document for document in rich.writer.documents.values())
    caption = rich.encoders.caption.encode_texts(["Snow"])[0]
    assert rich.writer.documents["white"]["caption_vector"] == packed(caption)
