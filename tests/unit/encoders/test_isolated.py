"""A decoder in a process of its own: what kills it kills nothing else, and what it says is not trusted."""

import io
import json
import pickle
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from damsight_encoders.decode import PillowDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder, IsolationLimits
from damsight_encoders.errors import DecoderDiedError, EncoderUnavailableError, MediaError
from drivers.fatal_decoders import FRAMED_SIDES, FatalDecoder, LostDecoder

ADDRESS_SPACE_BYTES = 768 << 20


@pytest.fixture(scope="module")
def decoder() -> Iterator[IsolatedDecoder]:
    decoder = IsolatedDecoder(
        FatalDecoder(), IsolationLimits(address_space_bytes=ADDRESS_SPACE_BYTES, cpu_s=60, retries=0)
    )
    yield decoder
    decoder.close()


def png(colour: tuple[int, int, int] = (200, 30, 60)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


def assert_decodes(decoder: IsolatedDecoder) -> None:
    expected = PillowDecoder().decode(png(), at_least=16)
    np.testing.assert_array_equal(decoder.decode(png(), at_least=16).pixels, expected.pixels)


def death(decoder: IsolatedDecoder, data: bytes) -> DecoderDiedError:
    with pytest.raises(DecoderDiedError) as caught:
        decoder.decode(data, at_least=16)
    return caught.value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"segfault:", "died of SIGSEGV"),
        (b"abort:", "died of SIGABRT"),
        (b"kill:", "died of SIGKILL, perhaps by the kernel"),
        (b"exit:", "ended with exit status 7"),
        (b"swallow:", "MemoryError"),
    ],
)
def test_what_kills_the_decoder_kills_the_child_alone(decoder: IsolatedDecoder, data: bytes, words: str) -> None:
    """A segmentation fault, abort, kill, exit or endless allocation is told as such, and the next picture decodes."""
    error = death(decoder, data)
    assert error.reason == "decoder_died"
    assert words in str(error)
    assert "media library" in str(error)
    assert_decodes(decoder)


def test_an_endless_loop_ends_with_its_processor_time() -> None:
    """A loop in C that holds the interpreter's lock is stuck, not broken; each picture has its time for itself."""
    decoder = IsolatedDecoder(FatalDecoder(), IsolationLimits(cpu_s=1, retries=0))
    assert death(decoder, b"spin:").reason == "decoder_stuck"
    assert_decodes(decoder)
    decoder.close()


def test_one_that_waits_for_ever_ends_by_the_clock() -> None:
    """A decoder that uses no processor time is stuck as well, and leaves no process behind."""
    decoder = IsolatedDecoder(FatalDecoder(), IsolationLimits(wall_s=0.5, retries=0))
    error = death(decoder, b"sleep:")
    assert error.reason == "decoder_stuck"
    assert "0.5 s" in str(error)
    assert decoder.child_pid is None


def test_a_death_is_believed_the_second_time_only(tmp_path: Path) -> None:
    """One kill may be chance: the picture is tried in a fresh child, and comes."""
    decoder = IsolatedDecoder(FatalDecoder())
    marker = tmp_path / "died"
    picture = decoder.decode(b"once:" + bytes(marker) + b":" + png(), at_least=16)
    decoder.close()
    assert marker.exists()
    assert picture.original_size == (40, 30)


def frame(header: bytes) -> bytes:
    return struct.pack(">I", len(header)) + header


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(b"\xff\xff\xff\xff", id="an endless header"),
        pytest.param(frame(pickle.dumps(print)), id="a pickle"),
        pytest.param(frame(b"{}"), id="nothing"),
        pytest.param(FRAMED_SIDES, id="more pixels than allowed"),
        pytest.param(frame(b'{"refused":{"reason":"A B","message":"x"}}'), id="a reason that is no word"),
        pytest.param(frame(b'{"failed":"x","refused":{"reason":"a","message":"x"}}'), id="two answers"),
    ],
)
def test_a_child_that_was_taken_over_is_not_trusted(decoder: IsolatedDecoder, words: bytes) -> None:
    """What is no answer ends the child, is never unpickled and reserves no memory; the next picture decodes."""
    assert "answered what is no decoded media" in str(death(decoder, b"say:" + words))
    assert decoder.child_pid is None
    assert_decodes(decoder)


@pytest.mark.parametrize("noise", [b"flood:", b"babble:"])
def test_what_libraries_print_is_not_an_answer(decoder: IsolatedDecoder, noise: bytes) -> None:
    """Noise on stdout and stderr, however much, changes no picture."""
    assert decoder.decode(noise + b":" + png(), at_least=16).original_size == (40, 30)


def test_the_child_has_no_secrets_no_cores_and_no_torch(
    decoder: IsolatedDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings stay in the parent, a crash leaves no core of an asset's pixels, and the start is not slowed."""
    monkeypatch.setenv("DAMSIGHT_KAFKA__SASL_PASSWORD", "secret")
    death(decoder, b"kill:")
    with pytest.raises(MediaError) as caught:
        decoder.decode(b"tell:", at_least=16)
    told = json.loads(str(caught.value))
    assert caught.value.reason == "told"
    assert not [name for name in told["environment"] if name.startswith("DAMSIGHT")]
    assert max(told["core"]) <= 1
    assert told["torch"] is False


def test_one_child_serves_all_threads(decoder: IsolatedDecoder) -> None:
    """The child outlives the thread that started it, and callers at once wait for one another."""
    death(decoder, b"kill:")
    starter = threading.Thread(target=assert_decodes, args=(decoder,))
    starter.start()
    starter.join()
    first = decoder.child_pid
    sizes: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=lambda: sizes.append(decoder.decode(png(), at_least=16).original_size))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [(40, 30)] * 8
    assert first is not None
    assert decoder.child_pid == first


def test_close_ends_a_picture_under_way() -> None:
    """Closing does not wait for a stuck decoder, and is not held against the asset."""
    decoder = IsolatedDecoder(FatalDecoder())
    assert_decodes(decoder)
    caught: list[BaseException] = []

    def decode() -> None:
        try:
            decoder.decode(b"sleep:", at_least=16)
        except EncoderUnavailableError as error:
            caught.append(error)

    thread = threading.Thread(target=decode)
    thread.start()
    thread.join(0.2)
    decoder.close()
    thread.join(120)
    assert "closed" in str(caught[0])
    with pytest.raises(EncoderUnavailableError):
        decoder.decode(png(), at_least=16)
    assert decoder.child_pid is None


def test_a_child_that_cannot_start_is_not_the_assets_fault() -> None:
    """The cause, from the child's own last words, is in an error that says to try again."""
    decoder = IsolatedDecoder(LostDecoder())
    with pytest.raises(EncoderUnavailableError, match="no such decoder here"):
        decoder.decode(png(), at_least=16)
    assert decoder.child_pid is None
