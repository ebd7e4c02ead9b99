"""Sounds: mono samples at the rate that is wanted, the duration, and the cover art."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from numpy.typing import NDArray

from damsight_encoders.content import Content, Picture, Sound
from damsight_encoders.decode.container import VENDOR_ERRORS, Deadline, broken, duration_of, opened, prepare
from damsight_encoders.decode.image import PillowDecoder
from damsight_encoders.decode.kinds import kind_of
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_LOWEST_RATE: Final = 1000
_HIGHEST_RATE: Final = 800_000
_MOST_CHANNELS: Final = 64


def decode_sound(data: bytes, limits: EncodingLimits, *, at_least: int, sound_rate: int | None) -> Content:
    """Decode a sound; see `damsight_encoders.ports.MediaDecoder`.

    Args:
        data: The whole file.
        limits: ``max_sound_s`` seconds are kept; what is decoded by ``max_decode_s`` is what there is.
        at_least: For the cover art.
        sound_rate: Samples a second; none: samples are not wanted.

    Raises:
        MediaError: no_sound, unsupported, too_long, truncated or broken.
    """
    kind = kind_of(data)
    name = kind.name if kind else "SOUND"
    deadline = Deadline(limits.max_decode_s)
    with opened(data, limits.max_pixels, deadline, name) as container:
        cover = _cover_art(container, limits, at_least)
    with opened(data, limits.max_pixels, deadline, name) as container:
        stream = _stream(container, name, limits.max_pixels)
        reading = _Reading(container, stream, deadline, limits.max_sound_s)
        duration_s = duration_of(container, stream)
        sound = reading.sound(sound_rate) if sound_rate else None
        if duration_s is None:
            duration_s = reading.read_s()
    if sound_rate and (sound is None or not sound.samples.size):
        raise _nothing(data, name, deadline, reading)
    return Content(cover=cover, sound=sound, duration_s=round(duration_s, 3))


def sound_of(data: bytes, limits: EncodingLimits, name: str, sound_rate: int, deadline: Deadline) -> Sound | None:
    """Return a film's sound; none where it has none, or none that can be decoded: the film is worth finding anyhow."""
    try:
        with opened(data, limits.max_pixels, deadline, name) as container:
            stream = _stream(container, name, limits.max_pixels)
            sound = _Reading(container, stream, deadline, limits.max_sound_s).sound(sound_rate)
    except MediaError:
        return None
    return sound if sound.samples.size else None


class _Reading:
    """Decodes one stream from its start. What is broken in it is left out."""

    def __init__(self, container: InputContainer, stream: AudioStream, deadline: Deadline, most_s: float) -> None:
        self._container = container
        self._stream = stream
        self._deadline = deadline
        self._most_s = most_s
        self._end_s = 0.0
        self.failure: BaseException | None = None

    def sound(self, rate: int) -> Sound:
        """Return (n,) float32 mono at ``rate``, the channels' average, at most so many seconds."""
        most = round(self._most_s * rate)
        blocks: list[NDArray[np.float32]] = []
        length = 0
        try:
            for frame in self._resampled(rate):
                # The mean, as models were trained on; FFmpeg's own mixing to mono is louder, and clips.
                blocks.append(frame.to_ndarray().mean(axis=0, dtype=np.float32))
                length += frame.samples
                if length >= most:
                    break
        except VENDOR_ERRORS as error:
            self.failure = error
        samples = np.concatenate(blocks)[:most] if blocks else np.empty(0, dtype=np.float32)
        # A float codec may hold what is no number.
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        return Sound(samples=np.clip(samples, -1.0, 1.0).astype(np.float32, copy=False), rate=rate)

    def read_s(self) -> float:
        """Read on to the end, and tell at what second that is."""
        for _ in self._packets():
            pass
        return self._end_s

    def _resampled(self, rate: int) -> Iterator[AudioFrame]:
        resampler: AudioResampler | None = None
        shape: tuple[object, ...] = ()
        for frame in self._frames():
            told = (frame.sample_rate, frame.layout.name, frame.format.name)
            if told != shape:
                # What changes its rate or its channels on the way goes on under another resampler.
                yield from _flushed(resampler)
                resampler, shape = AudioResampler(format="fltp", rate=rate), told
            if resampler is not None:
                yield from resampler.resample(frame)
        yield from _flushed(resampler)

    def _frames(self) -> Iterator[AudioFrame]:
        for packet in self._packets():
            yield from self._decoded(packet)
        # The decoder gives what it held back.
        yield from self._decoded(None)

    def _packets(self) -> Iterator["Packet[AudioStream]"]:
        time_base = float(self._stream.time_base or 0)
        start = (self._stream.start_time or 0) * time_base
        try:
            for packet in self._container.demux(self._stream):
                if self._deadline.is_over():
                    return
                if packet.pts is not None:
                    self._end_s = max(self._end_s, (packet.pts + (packet.duration or 0)) * time_base - start)
                if packet.size:
                    yield packet
        except VENDOR_ERRORS as error:
            self.failure = error

    def _decoded(self, packet: "Packet[AudioStream] | None") -> list[AudioFrame]:
        try:
            frames: list[AudioFrame] = self._stream.codec_context.decode(packet)
        except VENDOR_ERRORS as error:
            self.failure = error
            return []
        return [frame for frame in frames if _is_plausible(frame)]


def _is_plausible(frame: AudioFrame) -> bool:
    # From one sample a second, resampling would make minutes of each.
    return (
        _LOWEST_RATE <= frame.sample_rate <= _HIGHEST_RATE
        and 0 < frame.layout.nb_channels <= _MOST_CHANNELS
        and frame.samples > 0
    )


def _flushed(resampler: AudioResampler | None) -> list[AudioFrame]:
    return resampler.resample(None) if resampler is not None else []


def _stream(container: InputContainer, name: str, max_pixels: int) -> AudioStream:
    for stream in container.streams.audio:
        if prepare(stream, max_pixels):
            return stream
    if container.streams.audio:
        raise MediaError(
            "unsupported",
            f"the {name}'s sound is in a codec that is not taken; publish it in another (AAC, MP3, FLAC, Opus ...)",
        )
    raise MediaError(
        "no_sound", f"the {name} holds no sound; replace the file in the media library and publish it again"
    )


def _cover_art(container: InputContainer, limits: EncodingLimits, at_least: int) -> Picture | None:
    """The attached picture that Pillow takes; a broken one is no reason to refuse the sound."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            continue
        packet = next(iter(container.demux(stream)), None)
        if packet is None or not packet.size:
            continue
        try:
            return PillowDecoder(limits).decode(bytes(packet), at_least=at_least)
        except MediaError:
            continue
    return None


def _nothing(data: bytes, name: str, deadline: Deadline, reading: _Reading) -> MediaError:
    if deadline.is_over():
        return deadline.too_long(name)
    return broken(data, name, f"no sound can be decoded; {reading.failure or 'it holds none'}")
