"""The decoder in this process and the one in a process of its own keep the same contract."""

from collections.abc import Iterator

import numpy as np
import pytest

from contract.media_decoder_contract import MAX_FRAMES, MAX_SOUND_S, MediaDecoderContract
from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import MediaDecoder
from damsight_schemas.connections import EncodingLimits
from examples.films import film, scene
from fakes.encoders import COLOURS
from fakes.media_decoder import FakeMediaDecoder, described, refused

LIMITS = EncodingLimits(max_frames=MAX_FRAMES, max_sound_s=MAX_SOUND_S)


@pytest.fixture(scope="module")
def isolated() -> Iterator[IsolatedDecoder]:
    decoder = IsolatedDecoder(FileDecoder(LIMITS))
    yield decoder
    decoder.close()


class TestFileDecoder(MediaDecoderContract):
    @pytest.fixture
    def decoder(self) -> MediaDecoder:
        return FileDecoder(LIMITS)


class TestIsolatedDecoder(MediaDecoderContract):
    @pytest.fixture
    def decoder(self, isolated: IsolatedDecoder) -> MediaDecoder:
        return isolated

    def test_nothing_is_lost_between_processes(self, isolated: IsolatedDecoder) -> None:
        """Pixels, samples, times and numbers are the same to the bit."""
        data = film([scene(0), scene(1)], sound="aac")
        here = FileDecoder(LIMITS).decode_media(data, at_least=32, sound_rate=8000)
        there = isolated.decode_media(data, at_least=32, sound_rate=8000)
        assert [part.position for part in there.parts] == [part.position for part in here.parts]
        for mine, theirs in zip(here.parts, there.parts, strict=True):
            np.testing.assert_array_equal(theirs.picture.pixels, mine.picture.pixels)
            assert theirs.picture.original_size == mine.picture.original_size
        assert here.sound is not None
        assert there.sound is not None
        np.testing.assert_array_equal(there.sound.samples, here.sound.samples)
        assert (there.duration_s, there.pages, there.words) == (here.duration_s, here.pages, here.words)


class TestFakeMediaDecoder:
    """The fake reads descriptions in the place of media, and keeps what the consumer relies on."""

    def test_it_gives_what_is_described(self) -> None:
        """Frames with colours, times and a cover; sound where it is asked for, cut at the limit; pages and words."""
        decoder = FakeMediaDecoder(LIMITS)
        data = described("red", "blue", "green", "pink", hertz=440, duration_s=8)
        content = decoder.decode_media(data, at_least=16, sound_rate=8000)
        assert [part.position.seconds for part in content.parts] == [0.0, 2.0, 4.0]
        assert tuple(content.parts[1].picture.pixels[0, 0]) == COLOURS["blue"]
        assert content.cover is content.parts[0].picture
        assert content.sound is not None
        assert content.sound.samples.size == round(MAX_SOUND_S * 8000)
        assert content.duration_s == 8
        paged = decoder.decode_media(described("red", "blue", kind="page", words="Harbour"), at_least=16)
        assert (paged.pages, paged.words, len(paged.parts)) == (2, "Harbour", 2)

    def test_it_refuses_what_it_is_told_to(self) -> None:
        """For any reason that a test needs."""
        with pytest.raises(MediaError) as caught:
            FakeMediaDecoder().decode_media(refused("truncated"), at_least=16)
        assert caught.value.reason == "truncated"
