"""Nothing but the bytes at hand is ever opened: no file, no address, whatever a media refers to."""

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.film import decode_film
from damsight_encoders.decode.sound import decode_sound
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits
from drivers.traps import Traps
from examples.films import film, scene
from examples.references import concat, dash, external_track, hls, svg

FILM = film([scene(0)], container="mov")


@pytest.fixture
def traps(tmp_path: Path) -> Iterator[Traps]:
    with Traps(tmp_path, FILM) as set_up:
        yield set_up


def test_the_traps_are_traps(traps: Traps) -> None:
    """Opening the file and calling the server are both noticed, once each."""
    assert traps.sprung() == []
    traps.path.read_bytes()
    with pytest.raises(av.FFmpegError), av.open(traps.url, timeout=0.1):
        pass
    assert traps.sprung() == ["file", "server"]
    assert traps.sprung() == []


@pytest.mark.parametrize(
    "written", [hls, concat, lambda path: external_track(FILM, path)], ids=["hls", "concat", "mov"]
)
def test_what_refers_does_lead_somewhere(written: Callable[[str], bytes], traps: Traps) -> None:
    """FFmpeg as it comes follows each of these, so that the next test can fail."""
    source = io.BytesIO(written(str(traps.path)))
    # FFmpeg takes nothing for a playlist that is not named as one.
    source.name = "list.m3u8"
    options = {"enable_drefs": "1", "use_absolute_path": "1", "safe": "0", "allowed_extensions": "ALL"}
    with contextlib.suppress(av.FFmpegError), av.open(source, options=options) as container:
        list(container.demux())
    assert traps.sprung() == ["file"]


@pytest.mark.parametrize("decode", [decode_film, decode_sound, None], ids=["film", "sound", "any file"])
@pytest.mark.parametrize("written", [hls, dash, concat, svg, lambda path: external_track(FILM, path)])
def test_no_reference_is_followed(written: Callable[[str], bytes], decode: Any, traps: Traps) -> None:
    """Playlists, lists, drawings and tracks in other files open no file and call no server."""
    limits = EncodingLimits(max_decode_s=20)
    for place in (str(traps.path), f"file://{traps.path}", traps.url):
        data = written(place)
        with contextlib.suppress(MediaError):
            if decode is None:
                FileDecoder(limits).decode_media(data, at_least=16, sound_rate=8000)
            else:
                decode(data, limits, at_least=16, sound_rate=8000)
        assert traps.sprung() == []


def test_a_track_in_another_file_is_refused() -> None:
    """It is told as what cannot be decoded, and not as a film without pictures."""
    with pytest.raises(MediaError) as caught:
        decode_film(external_track(FILM, "/somewhere/else.mov"), EncodingLimits(), at_least=16, sound_rate=None)
    assert caught.value.reason == "broken"
