"""Films: what is kept of them, and when."""

import numpy as np
import pytest

from damsight_encoders.content import Content
from damsight_encoders.decode import film as film_module
from damsight_encoders.decode.film import decode_film
from damsight_encoders.decode.film_picture import FramePictures
from damsight_schemas.connections import EncodingLimits
from examples.films import HEIGHT, WIDTH, Pixels, film, scene

LIMITS = EncodingLimits()
CORNER = (5, 5)
BLACK = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)


def decoded(data: bytes, limits: EncodingLimits = LIMITS, *, sound_rate: int | None = None) -> Content:
    return decode_film(data, limits, at_least=HEIGHT, sound_rate=sound_rate)


def assert_shows(content: Content, scenes: list[Pixels], *, tolerance: int = 8) -> None:
    assert len(content.parts) == len(scenes)
    for part, pixels in zip(content.parts, scenes, strict=True):
        np.testing.assert_allclose(part.picture.pixels[CORNER], pixels[CORNER], atol=tolerance)


@pytest.mark.parametrize(
    ("container", "codec", "sound", "pixel_format", "name"),
    [
        ("mp4", "libx264", "aac", "yuv420p", "MP4"),
        ("mov", "prores_ks", "pcm_s16le", "yuv422p10le", "MOV"),
        ("webm", "libvpx-vp9", "libopus", "yuv420p", "WEBM"),
        ("matroska", "ffv1", "flac", "yuv420p", "MKV"),
        ("avi", "mjpeg", "libmp3lame", "yuvj420p", "AVI"),
        ("flv", "libx264", "aac", "yuv420p", "FLV"),
        ("asf", "wmv2", "aac", "yuv420p", "ASF"),
    ],
)
def test_each_scene_comes_once_with_its_time(
    container: str, codec: str, sound: str, pixel_format: str, name: str
) -> None:
    """Three scenes of a second give three frames at 0, 1 and 2 s, in each container and codec, and the sound."""
    scenes = [scene(0), scene(1), scene(2)]
    content = decoded(
        film(scenes, container=container, codec=codec, sound=sound, pixel_format=pixel_format), sound_rate=16000
    )
    assert_shows(content, scenes)
    assert [part.position.number for part in content.parts] == [1, 2, 3]
    assert [part.position.kind for part in content.parts] == ["frame"] * 3
    np.testing.assert_allclose([part.position.seconds for part in content.parts], [0, 1, 2], atol=0.11)
    assert {part.picture.media_format for part in content.parts} == {name}
    assert content.duration_s == pytest.approx(3.0, abs=0.25)
    assert content.sound is not None
    assert content.sound.samples.size == pytest.approx(3 * 16000, rel=0.02)
    assert content.parts[0].picture.original_size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("container", ["mpegts", "mpeg", "mxf"])
def test_broadcast_containers_come_too(container: str) -> None:
    """MPEG-2 in a transport stream, a program stream and MXF."""
    scenes = [scene(0), scene(1)]
    content = decoded(film(scenes, container=container, codec="mpeg2video", rate=25, frames_a_scene=25))
    assert_shows(content, scenes)
    assert content.sound is None


def test_sound_comes_where_it_is_asked_for() -> None:
    """Not asked for, it is not decoded; a film without any has none, and is no error."""
    silent, sounding = film([scene(0)]), film([scene(0)], sound="aac")
    assert decoded(sounding).sound is None
    assert decoded(silent, sound_rate=8000).sound is None


def test_a_film_of_sound_alone_is_a_sound() -> None:
    """A container of films that holds none gives its sound, and no part."""
    from examples.films import sound, tone  # noqa: PLC0415 - beside the parameter of the same name above

    content = decoded(sound(tone(1, rate=44100), container="mp4", codec="aac", rate=44100), sound_rate=16000)
    assert (content.cover, content.parts) == (None, ())
    assert content.sound is not None


def test_frames_are_reduced_to_what_is_asked_for() -> None:
    """The shorter side keeps what was asked for, the original's size is told, and nothing is enlarged."""
    data = film([scene(0, width=384, height=256)])
    picture = decode_film(data, LIMITS, at_least=50, sound_rate=None).parts[0].picture
    assert picture.pixels.shape == (50, 75, 3)
    assert picture.original_size == (384, 256)
    assert decode_film(data, LIMITS, at_least=2000, sound_rate=None).parts[0].picture.pixels.shape == (256, 384, 3)


def test_no_more_frames_than_allowed_and_spread() -> None:
    """Of twelve scenes four are kept, with no gap longer than half of the film."""
    content = decoded(film([scene(n) for n in range(12)]), EncodingLimits(max_frames=4))
    seconds = [part.position.seconds or 0.0 for part in content.parts]
    assert len(seconds) == 4
    assert seconds == sorted(seconds)
    assert max(np.diff([0.0, *seconds, 12.0])) <= 6.0


def test_a_still_scene_is_one_frame() -> None:
    """Three seconds of the same give one frame."""
    assert_shows(decoded(film([scene(0)] * 3)), [scene(0)])


def test_black_is_left_out_and_never_the_cover() -> None:
    """A film that begins and ends in black shows neither; one that is black throughout shows one frame."""
    content = decoded(film([BLACK, scene(1), BLACK]))
    assert_shows(content, [scene(1)])
    assert content.parts[0].position.seconds == pytest.approx(1.0)
    assert content.cover is content.parts[0].picture
    assert_shows(decoded(film([BLACK])), [BLACK])


def test_the_cover_is_the_frame_that_shows_most() -> None:
    """Of a plain colour and a picture full of things, the latter."""
    plain = np.full((HEIGHT, WIDTH, 3), (40, 90, 160), dtype=np.uint8)
    rich = np.random.default_rng(1).integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    rich = np.kron(rich, np.ones((8, 8, 1), dtype=np.uint8))
    content = decoded(film([plain, rich, plain]))
    assert content.cover is content.parts[1].picture


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have every film count as long; each decoded frame adds its width here."""
    monkeypatch.setattr(film_module, "_WHOLE_PIXELS", 0)
    frames: list[int] = []
    thumbnail = FramePictures.thumbnail

    def counted(self: FramePictures, frame: object) -> object:
        frames.append(1)
        return thumbnail(self, frame)

    monkeypatch.setattr(FramePictures, "thumbnail", counted)
    return frames


def test_of_a_long_film_key_frames_alone_are_decoded(looked_at: list[int]) -> None:
    """A key frame a second, 60 s: at most four a frame that is kept are looked at, from the start to the end."""
    data = film([scene(n) for n in range(60)], options={"g": "10"})
    content = decoded(data, EncodingLimits(max_frames=4))
    assert len(looked_at) <= 16
    assert len(content.parts) == 4
    for part in content.parts:
        assert (part.position.seconds or 0.0) % 1.0 == pytest.approx(0.0)
        np.testing.assert_allclose(
            part.picture.pixels[CORNER], scene(round(part.position.seconds or 0))[CORNER], atol=8
        )
    assert (content.parts[-1].position.seconds or 0) - (content.parts[0].position.seconds or 0) > 20


def test_a_long_film_without_key_frames_is_decoded_on(looked_at: list[int]) -> None:
    """Where searching finds the first frame alone, scenes are found by decoding."""
    scenes = [scene(0), scene(1), scene(2)]
    assert_shows(decoded(film(scenes, options={"g": "1000", "sc_threshold": "0"})), scenes)
    assert len(looked_at) > 30


def test_a_film_that_does_not_tell_its_length_is_read_through() -> None:
    """A stream as it was broadcast has no duration; it is measured, and the frames come."""
    scenes = [scene(0), scene(1)]
    data = film(scenes, container="webm", codec="libvpx", container_options={"live": "1"})
    content = decoded(data)
    assert content.duration_s == pytest.approx(2.0, abs=0.1)
    assert_shows(content, scenes)
