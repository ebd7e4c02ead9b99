"""Films that lie, break or take too long: a reason that can be counted, or the frames that were there."""

import time

import numpy as np
import pytest

from damsight_encoders.decode.container import Deadline
from damsight_encoders.decode.film import decode_film
from damsight_encoders.decode.sampling import evenly
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits
from examples.films import HEIGHT, film, scene, sound, tone

SCENES = [scene(number) for number in range(6)]
LIMITS = EncodingLimits()


def refusal(data: bytes, limits: EncodingLimits = LIMITS) -> MediaError:
    with pytest.raises(MediaError) as caught:
        decode_film(data, limits, at_least=HEIGHT, sound_rate=None)
    return caught.value


@pytest.mark.parametrize(("container", "codec"), [("matroska", "libx264"), ("mpegts", "mpeg2video"), ("avi", "mjpeg")])
def test_a_film_that_ends_early_keeps_what_was_there(container: str, codec: str) -> None:
    """Half of the bytes give the first scenes, each as it was."""
    rate = 25 if codec == "mpeg2video" else 10
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    data = film(SCENES, container=container, codec=codec, rate=rate, frames_a_scene=rate, pixel_format=pixel_format)
    content = decode_film(data[: len(data) // 2], LIMITS, at_least=HEIGHT, sound_rate=None)
    assert 1 <= len(content.parts) < 6
    for number, part in enumerate(content.parts):
        np.testing.assert_allclose(part.picture.pixels[5, 5], SCENES[number][5, 5], atol=12)


def test_a_film_that_breaks_in_its_midst_goes_on_after_that() -> None:
    """Where a stretch of the samples is overwritten, the first scene and the last one still come."""
    data = film(SCENES, container="avi", codec="mjpeg", pixel_format="yuvj420p")
    middle = len(data) // 2
    broken = data[: middle - 4000] + b"\x55" * 8000 + data[middle + 4000 :]
    content = decode_film(broken, LIMITS, at_least=HEIGHT, sound_rate=None)
    np.testing.assert_allclose(content.parts[0].picture.pixels[5, 5], SCENES[0][5, 5], atol=12)
    np.testing.assert_allclose(content.parts[-1].picture.pixels[5, 5], SCENES[5][5, 5], atol=12)


def without_pictures(data: bytes) -> bytes:
    """Call the track of pictures one of time codes."""
    return data.replace(b"vide", b"tmcd").replace(b"avc1", b"tmcd")


def without_samples(data: bytes) -> bytes:
    """Overwrite all that was coded."""
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    return data[:start] + b"\x55" * (end - start) + data[end:]


def of_unknown_codec(data: bytes) -> bytes:
    """Call the codec what nobody knows."""
    return data.replace(b"avc1", b"zzz1")


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (film(SCENES)[:-600], "truncated", "ends too early"),
        (without_pictures(film(SCENES)), "no_video_stream", "neither a moving picture nor a sound"),
        (of_unknown_codec(film(SCENES)), "unsupported", "H.264"),
        (without_samples(film(SCENES)), "broken", "media library"),
        (sound(tone(1, rate=8000))[:40], "truncated", "ends too early"),
    ],
    ids=["truncated", "no_video_stream", "unsupported", "broken", "half a header"],
)
def test_what_is_no_film_is_refused(data: bytes, reason: str, words: str) -> None:
    """The reason can be counted, and the message says what to do."""
    error = refusal(data)
    assert error.reason == reason
    assert words in str(error)


def test_a_limit_on_pixels_holds_before_decoding() -> None:
    """A frame that is larger than allowed is refused by what the headers say."""
    error = refusal(film(SCENES), EncodingLimits(max_pixels=1000))
    assert error.reason == "too_many_pixels"
    assert "96 x 64" in str(error)


def test_a_film_that_takes_too_long_is_refused_or_told_in_part() -> None:
    """Without a frame by then it is too_long, and the message names the limit."""
    error = refusal(film(SCENES), EncodingLimits(max_decode_s=1e-9))
    assert error.reason == "too_long"
    assert "max_decode_s" in str(error)


def test_what_was_decoded_in_time_is_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is over after some frames, those are kept."""
    looks = iter(range(10_000))
    monkeypatch.setattr(Deadline, "is_over", lambda self: next(looks) > 60)
    content = decode_film(film([scene(n) for n in range(40)]), LIMITS, at_least=HEIGHT, sound_rate=None)
    assert 1 <= len(content.parts) < 30
    assert content.duration_s == pytest.approx(40)


def test_a_deadline_is_over_when_it_is() -> None:
    """By the monotonic clock."""
    assert not Deadline(3600).is_over()
    short = Deadline(0.01)
    time.sleep(0.02)
    assert short.is_over()


@pytest.mark.parametrize("count", [1, 2, 5, 16, 100])
def test_moments_are_spread_however_few_are_taken(count: int) -> None:
    """Each comes once, the start first, and any beginning of them leaves no gap longer than twice the mean."""
    order = evenly(count)
    assert sorted(order) == list(range(count))
    assert order[0] == 0
    for taken in range(1, count + 1):
        places = [*sorted(order[:taken]), count]
        assert max(np.diff(places)) <= 2 * -(-count // taken)
