"""What fails of a film, a document or a sound leaves the rest, and is told."""

from dataclasses import replace

import numpy as np
import pytest

from damsight_consumer.records import Lane, Outcome
from damsight_encoders.content import Content, Sound
from damsight_encoders.errors import EncoderUnavailableError, MediaError
from damsight_encoders.ports import Encoders, Prepared, Vectors
from examples.assets import changed_event
from examples.pictures import jpeg
from fakes.encoders import FakeJointEncoder
from fakes.every_encoder import every_encoder
from fakes.media_decoder import described, refused
from fakes.text_reader import FakeTextReader, picture_of
from fakes.workshop import Workshop

URI = "https://dam.example/1"


class Broken(FakeJointEncoder):
    def encode_images(self, prepared: list[Prepared]) -> Vectors:
        raise RuntimeError("broken")


class BrokenReader(FakeTextReader):
    def read(self, picture: object) -> str:
        raise MediaError("unreadable", "the reader failed")


def broken(what: str) -> Encoders:
    """Every encoder, one of which fails whatever it is given."""
    encoders = every_encoder()
    if what == "reader":
        return replace(encoders, reader=BrokenReader())
    if what in ("look", "joint"):
        return replace(encoders, **{what: Broken("fake-look" if what == "look" else "fake-joint")})
    name = {"audio": "prepare", "captioner": "describe"}[what]
    one = getattr(encoders, what)

    def fail(_: object) -> None:
        raise RuntimeError("broken")

    setattr(one, name, fail)
    return encoders


@pytest.mark.parametrize(
    ("what", "lacks", "error"),
    [
        ("look", "look_vector", "RuntimeError"),
        ("audio", "audio_vector", "RuntimeError"),
        ("captioner", "generated_caption", "RuntimeError"),
        ("reader", "ocr", "unreadable"),
        ("joint", "image_vector", "RuntimeError"),
    ],
)
def test_what_fails_leaves_the_rest_and_is_told(rich: Workshop, what: str, lacks: str, error: str) -> None:
    """The document lacks one thing, says so, and is dead-lettered, so that a replay makes it whole."""
    rich.fetcher.files[URI] = described("red", hertz=440, duration_s=1.0)
    rich.encoders = broken(what)
    rich.send(changed_event("film", uri=URI, mime_type="video/mp4", title="A trip"))
    assert rich.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    document = rich.writer.documents["film"]
    everything = {"image_vector", "look_vector", "audio_vector", "generated_caption", "caption_vector", "fused_vector"}
    assert everything - set(document) == {lacks} - {"ocr"}
    assert (document["problem"]["stage"], document["problem"]["error"]) == ("encode", error)
    (letter,) = rich.letters.letters
    assert letter.problem.error == error
    rich.encoders = every_encoder()
    rich.send(changed_event("film", uri=URI, mime_type="video/mp4", title="A trip"), lane=Lane.BACKFILL)
    assert rich.consume_events(1) == {Outcome.INDEXED: 1}
    assert lacks == "ocr" or lacks in rich.writer.documents["film"]


def test_a_reader_that_cannot_be_run_is_tried_again_later(rich: Workshop) -> None:
    """No asset is at fault for it; the rest is stored meanwhile."""

    class Gone(FakeTextReader):
        def read(self, picture: object) -> str:
            raise EncoderUnavailableError("tesseract is gone")

    rich.encoders = replace(rich.encoders, reader=Gone())
    rich.fetcher.files[URI] = jpeg()
    rich.send(changed_event("a", uri=URI))
    assert rich.consume_events(1) == {Outcome.POSTPONED: 1}
    assert rich.writer.documents["a"]["image_vector"]


def test_the_most_important_failure_is_told(rich: Workshop) -> None:
    """That the image vector is lacking, before that the look is."""

    class Worse(FakeJointEncoder):
        def encode_images(self, prepared: list[Prepared]) -> Vectors:
            raise ArithmeticError("worse")

    rich.encoders = replace(broken("look"), joint=Worse())
    rich.fetcher.files[URI] = jpeg()
    rich.send(changed_event("a", uri=URI))
    assert rich.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    assert rich.writer.documents["a"]["problem"]["error"] == "ArithmeticError"


def test_one_bad_frame_leaves_the_others(rich: Workshop) -> None:
    """With their own numbers; the film is told to lack one."""

    class Picky(FakeJointEncoder):
        def encode_images(self, prepared: list[Prepared]) -> Vectors:
            if any(one[..., 2].min() > 200 for one in prepared):
                raise RuntimeError("blue is too much for me")
            return super().encode_images(prepared)

    rich.encoders = replace(rich.encoders, joint=Picky())
    rich.fetcher.files[URI] = described("red", "blue", "green")
    rich.send(changed_event("film", uri=URI, mime_type="video/mp4"))
    assert rich.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    document = rich.writer.documents["film"]
    assert [one["number"] for one in document["frames"]] == [1, 3]
    assert document["image_vector"]


@pytest.mark.parametrize(
    ("mime_type", "reason", "outcome"),
    [
        ("application/msword", "unknown_format", Outcome.INDEXED),
        ("application/octet-stream", "unknown_format", Outcome.INDEXED),
        ("application/octet-stream", "broken", Outcome.INDEXED_WITH_PROBLEM),
        ("application/pdf", "unknown_format", Outcome.INDEXED_WITH_PROBLEM),
        ("video/mp4", "unknown_format", Outcome.INDEXED_WITH_PROBLEM),
    ],
)
def test_what_promises_nothing_to_see_is_no_problem(
    rich: Workshop, mime_type: str, reason: str, outcome: Outcome
) -> None:
    """A letter for every word processor's file of a library would bury those that matter."""
    rich.fetcher.files[URI] = refused(reason)
    rich.send(changed_event("a", uri=URI, mime_type=mime_type, title="A title"))
    assert rich.consume_events(1) == {outcome: 1}
    assert rich.writer.documents["a"]["caption_vector"]
    assert ("problem" in rich.writer.documents["a"]) == (outcome is not Outcome.INDEXED)


def test_a_sound_of_no_samples_is_told(rich: Workshop) -> None:
    """The film keeps its frames."""

    class Silent:
        def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
            assert sound_rate == rich.encoders.audio.rate
            return Content(cover=picture_of("x"), sound=Sound(np.zeros(0, np.float32), sound_rate))

    rich.decoder = Silent()
    rich.fetcher.files[URI] = b"x"
    rich.send(changed_event("film", uri=URI, mime_type="video/mp4"))
    assert rich.consume_events(1) == {Outcome.INDEXED_WITH_PROBLEM: 1}
    assert rich.writer.documents["film"]["image_vector"]
