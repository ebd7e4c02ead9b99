"""Small films and sounds, made by PyAV."""

import io
from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
WIDTH, HEIGHT = 96, 64


def scene(number: int, *, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """One of endlessly many pictures that nobody takes for one another: a colour of its own, with a few blocks."""
    random = np.random.default_rng(number)
    colour = np.array([(number * 83) % 200, (number * 149 + 90) % 200, (number * 31 + 160) % 200])
    blocks = random.integers(0, 56, (4, 6, 1)) + colour
    return np.kron(blocks, np.ones((height // 4, width // 6, 1))).astype(np.uint8)


def film(
    scenes: Sequence[Pixels],
    *,
    container: str = "mp4",
    codec: str = "libx264",
    rate: int = 10,
    frames_a_scene: int = 10,
    sound: str | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    pixel_format: str = "yuv420p",
    prepare: Callable[[av.VideoStream], None] | None = None,
) -> bytes:
    """One scene after the other; ``sound`` is a codec for a tone of 440 Hz as long as the film."""
    stream = io.BytesIO()
    height, width = scenes[0].shape[:2]
    with av.open(stream, "w", format=container, container_options=container_options or {}) as output:
        video = output.add_stream(codec, rate=rate, options=options or {})
        video.width, video.height, video.pix_fmt = width, height, pixel_format
        video.codec_context.thread_count = 1
        if prepare is not None:
            prepare(video)
        audio = output.add_stream(sound, rate=48000, layout="mono") if sound else None
        number = 0
        for pixels in scenes:
            for _ in range(frames_a_scene):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, rate)
                output.mux(video.encode(frame))
                number += 1
        output.mux(video.encode(None))
        if audio is not None:
            _write(output, audio, tone(number / rate, rate=48000), 48000)
    return stream.getvalue()


def sound(
    samples: NDArray[np.float32],
    *,
    container: str = "wav",
    codec: str = "pcm_s16le",
    rate: int = 16000,
    cover: bytes | None = None,
) -> bytes:
    """(channels, n) or (n,) samples as a file; ``cover`` is a JPEG that is attached."""
    stream = io.BytesIO()
    channels = 1 if samples.ndim == 1 else len(samples)
    with av.open(stream, "w", format=container) as output:
        audio = output.add_stream(codec, rate=rate, layout={1: "mono", 2: "stereo", 6: "5.1"}[channels])
        art = output.add_stream("mjpeg") if cover is not None else None
        if art is not None:
            art.width, art.height, art.pix_fmt, art.time_base = 8, 8, "yuvj420p", Fraction(1, 90000)
            art.disposition = av.stream.Disposition.attached_pic
        _write(output, audio, samples, rate, before=lambda: _attach(output, art, cover))
    return stream.getvalue()


def tone(seconds: float, *, rate: int, hertz: float = 440.0) -> NDArray[np.float32]:
    """A sine at half the full scale."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def _attach(output: av.container.OutputContainer, art: av.VideoStream | None, cover: bytes | None) -> None:
    if art is None or cover is None:
        return
    packet = av.Packet(cover)
    packet.stream, packet.pts, packet.dts, packet.is_keyframe = art, 0, 0, True
    output.mux(packet)


def _write(
    output: av.container.OutputContainer,
    audio: av.AudioStream,
    samples: NDArray[np.float32],
    rate: int,
    before: Callable[[], None] = lambda: None,
) -> None:
    planes = np.ascontiguousarray(np.atleast_2d(samples))
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(planes)]
    output.start_encoding()
    before()
    step = 4096
    for start in range(0, planes.shape[1], step):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes[:, start : start + step]), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        output.mux(audio.encode(frame))
    output.mux(audio.encode(None))
