"""What a child may answer, told over a socket: whole media as they were, and nothing else."""

import json
import socket
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError

from damsight_encoders.content import Content, Part, Picture, Position, Sound
from damsight_encoders.decode.answers import receive_answer, told_of
from damsight_encoders.decode.frames import Channel, FrameError

MOST_BYTES = 1000
PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Channel]]:
    theirs, ours = socket.socketpair()
    channel = Channel(ours)
    yield theirs, channel
    theirs.close()
    channel.close()


def send(end: socket.socket, content: Content) -> None:
    header, bodies = told_of(content)
    Channel(end).send(header, *bodies)


def told(**changes: object) -> bytes:
    """What tells of a media that holds nothing, but for the changes."""
    nothing = {"cover": None, "samples": None, "rate": None, "words_bytes": 0, "duration_s": None, "pages": None}
    header = json.dumps({"content": {"pictures": [], "parts": [], **nothing, **changes}}).encode()
    return struct.pack(">I", len(header)) + header


def test_a_whole_media_comes_as_it_was(ends: tuple[socket.socket, Channel]) -> None:
    """Pictures, parts, samples, words in any script, half a character's stump, duration and pages."""
    picture = Picture(PIXELS, original_size=(8, 4), media_format="MP4", box=(0.0, 0.0, 3.5, 2.0))
    cover = Picture(PIXELS[:, ::-1], original_size=(4, 2), media_format="PNG")
    sent = Content(
        cover=cover,
        parts=(Part(Position("frame", 1, 0.5), picture), Part(Position("page", 7), picture)),
        sound=Sound(np.array([0.25, -1.0], dtype=np.float32), rate=8000),
        words="Hafen ☂ \ud800",
        duration_s=12.5,
        pages=9,
    )
    theirs, ours = ends
    send(theirs, sent)
    got = receive_answer(ours, MOST_BYTES)
    assert isinstance(got, Content)
    assert got.cover is not None
    np.testing.assert_array_equal(got.cover.pixels, cover.pixels)
    assert [part.position for part in got.parts] == [part.position for part in sent.parts]
    for part in got.parts:
        np.testing.assert_array_equal(part.picture.pixels, PIXELS)
        assert (part.picture.original_size, part.picture.box) == ((8, 4), (0.0, 0.0, 3.5, 2.0))
    assert got.sound is not None
    assert got.sound.samples.tolist() == [0.25, -1.0]
    assert (got.words, got.duration_s, got.pages) == ("Hafen ☂ ?", 12.5, 9)


def test_a_cover_that_is_a_part_goes_once(ends: tuple[socket.socket, Channel]) -> None:
    """A film's cover is one of its frames, on the other side too."""
    picture = Picture(PIXELS, original_size=(4, 2), media_format="MP4")
    theirs, ours = ends
    send(theirs, Content(cover=picture, parts=(Part(Position("frame", 1, 0.0), picture),)))
    got = receive_answer(ours, PIXELS.size)
    assert isinstance(got, Content)
    assert got.cover is got.parts[0].picture


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(told(cover=0), id="a cover that it does not hold"),
        pytest.param(
            told(parts=[{"kind": "frame", "number": 1, "seconds": 0.0, "picture": 0}]), id="a part without a picture"
        ),
        pytest.param(told(samples=1 << 39, rate=8000), id="more samples than allowed"),
        pytest.param(told(samples=1), id="samples without a rate"),
        pytest.param(told(samples=1, rate=8000) + b"\x00\x00\xc0\x7f", id="a sample that is no number"),
        pytest.param(told(words_bytes=1 << 39), id="more words than allowed"),
        pytest.param(told(words_bytes=1) + b"\xff", id="words that are no words"),
        pytest.param(told(duration_s=float("nan")), id="a duration that is no number"),
        pytest.param(told(pages=-1), id="fewer than no pages"),
        pytest.param(told(more=1), id="what is not spoken of"),
    ],
)
def test_what_does_not_hold_together_is_refused(words: bytes, ends: tuple[socket.socket, Channel]) -> None:
    """Whoever took the child over gets nothing reserved and nothing believed."""
    theirs, ours = ends
    theirs.sendall(words)
    with pytest.raises((FrameError, ValidationError)):
        receive_answer(ours, MOST_BYTES)


def test_what_a_decoder_must_not_give_is_not_sent() -> None:
    """Pixels and samples of another shape or type are the decoder's failure, told as such."""
    with pytest.raises(TypeError, match="float64"):
        told_of(Content(cover=None, sound=Sound(np.zeros(3), rate=8000)))
    with pytest.raises(TypeError, match="shape"):
        told_of(Content(cover=Picture(PIXELS[:, :, :2], original_size=(4, 2), media_format="PNG")))
