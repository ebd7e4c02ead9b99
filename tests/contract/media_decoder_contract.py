"""What every MediaDecoder keeps. It takes stills, films and sounds."""

import io

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.errors import MediaError
from damsight_encoders.ports import MediaDecoder
from examples.films import film, scene, sound, tone
from examples.photographs import photograph

RATE = 16000
MAX_FRAMES, MAX_SOUND_S = 3, 2.0
STILL = np.full((30, 40, 3), (200, 30, 60), dtype=np.uint8)


def saved(image: Image.Image, media_format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, media_format, **options)
    return stream.getvalue()


class MediaDecoderContract:
    """Subclasses give a `decoder` that keeps MAX_FRAMES frames and MAX_SOUND_S seconds."""

    def test_a_still_is_its_cover(self, decoder: MediaDecoder) -> None:
        """It has no parts, no sound, no duration and no pages."""
        content = decoder.decode_media(saved(Image.fromarray(STILL), "PNG"), at_least=16, sound_rate=RATE)
        assert content.cover is not None
        np.testing.assert_array_equal(content.cover.pixels, STILL)
        assert (content.parts, content.sound, content.words) == ((), None, "")
        assert (content.duration_s, content.pages) == (None, None)

    def test_a_film_has_frames_with_times(self, decoder: MediaDecoder) -> None:
        """In order of time, numbered from 1; one of them is the cover, and the sound is that of the film."""
        content = decoder.decode_media(film([scene(0), scene(1)], sound="aac"), at_least=32, sound_rate=RATE)
        assert [(part.position.kind, part.position.number) for part in content.parts] == [("frame", 1), ("frame", 2)]
        assert [part.position.seconds for part in content.parts] == pytest.approx([0.0, 1.0])
        for number, part in enumerate(content.parts):
            assert part.picture.pixels.shape == (32, 48, 3)
            np.testing.assert_allclose(part.picture.pixels[5, 5], scene(number)[5, 5], atol=8)
        assert any(content.cover is part.picture for part in content.parts)
        assert content.sound is not None
        assert content.duration_s == pytest.approx(2.0, abs=0.05)

    def test_no_more_is_looked_at_than_is_allowed(self, decoder: MediaDecoder) -> None:
        """The duration is whole all the same."""
        data = film([scene(number) for number in range(5)], sound="aac")
        content = decoder.decode_media(data, at_least=32, sound_rate=RATE)
        assert len(content.parts) == MAX_FRAMES
        assert content.sound is not None
        assert content.sound.samples.size == round(MAX_SOUND_S * RATE)
        assert content.duration_s == pytest.approx(5.0, abs=0.05)

    def test_a_sound_has_samples_and_may_have_a_cover(self, decoder: MediaDecoder) -> None:
        """Samples where a rate is given, float32 and mono at that rate; the cover art is the cover."""
        art = saved(Image.fromarray(STILL), "JPEG")
        data = sound(tone(1, rate=44100), container="mp3", codec="libmp3lame", rate=44100, cover=art)
        content = decoder.decode_media(data, at_least=16, sound_rate=RATE)
        assert content.sound is not None
        assert (content.sound.rate, content.sound.samples.dtype) == (RATE, np.dtype(np.float32))
        assert content.sound.samples.size == pytest.approx(RATE, rel=0.05)
        assert content.cover is not None
        np.testing.assert_allclose(content.cover.pixels[5, 5], STILL[5, 5], atol=8)
        assert decoder.decode_media(data, at_least=16).sound is None

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "empty"),
            (b"<!doctype html><p>not here", "unknown_format"),
            (film([scene(0)])[:700], "truncated"),
            (b"fLaC" + bytes(4000), "broken"),
        ],
        ids=["empty", "unknown_format", "truncated", "broken"],
    )
    def test_what_is_refused_has_a_reason(self, decoder: MediaDecoder, data: bytes, reason: str) -> None:
        """The reason can be counted, the message says what to do, and the next file decodes."""
        with pytest.raises(MediaError) as caught:
            decoder.decode_media(data, at_least=16, sound_rate=RATE)
        assert caught.value.reason == reason
        assert len(str(caught.value)) > 20
        photographed = saved(Image.fromarray(photograph(64, 48)), "PNG")
        assert decoder.decode_media(photographed, at_least=16).cover is not None
