"""Which of a film's frames are decoded: all of a short one, key frames spread over a long one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from damsight_encoders.decode.container import VENDOR_ERRORS, Deadline, duration_of

_HIGHEST_RATE: Final = 240.0
_USUAL_RATE: Final = 25.0
_PACKETS_TO_A_KEY: Final = 3000


@dataclass(frozen=True)
class Extent:
    """How long a film is.

    Attributes:
        duration_s: In seconds.
        frames: About how many.
        is_read_through: The film had to be read to its end to know, and must be opened again.
    """

    duration_s: float
    frames: int
    is_read_through: bool


class Sampler:
    """Decodes frames of an open film. What is broken in it is left out.

    Args:
        container: The film.
        stream: Of it; its decoder is set already.
        deadline: No frame is begun after it.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, deadline: Deadline) -> None:
        self._container = container
        self._stream = stream
        self._codec = stream.codec_context
        self._deadline = deadline
        self._time_base = float(stream.time_base or 0)
        self._start = (stream.start_time or 0) * self._time_base
        self._rate = min(float(stream.average_rate or stream.guessed_rate or 0) or _USUAL_RATE, _HIGHEST_RATE)
        self._decoded = 0
        self.failure: BaseException | None = None
        self.can_seek = True

    def extent(self) -> Extent:
        """Tell how long the film is, by its headers, or by reading all of it where they do not say."""
        duration_s = duration_of(self._container, self._stream)
        if duration_s is not None:
            return Extent(duration_s, self._stream.frames or round(duration_s * self._rate), is_read_through=False)
        frames, end = 0, 0
        for packet in self._packets():
            frames += 1
            end = max(end, (packet.pts or packet.dts or 0) + (packet.duration or 0))
        duration_s = max(end * self._time_base - self._start, frames / _HIGHEST_RATE)
        return Extent(duration_s, frames, is_read_through=True)

    def every_frame(self, most_pixels: float, *, keys_only: bool = False) -> Iterator[tuple[float, VideoFrame]]:
        """Decode from the start, up to so many pixels in all; give each frame with its seconds."""
        self._codec.skip_frame = "NONKEY" if keys_only else "DEFAULT"
        # A decoder holds frames back until it knows that no earlier one follows; None says so.
        for packet in itertools.chain(self._packets(), (None,)):
            for frame in self._frames(packet):
                yield self._seconds(frame), frame
                most_pixels -= frame.width * frame.height
            if most_pixels <= 0:
                return

    def key_frames(self, duration_s: float, count: int) -> Iterator[tuple[float, VideoFrame]]:
        """Decode the key frames at or before so many moments, evenly spread also where the time is over early.

        Where the film cannot be searched, `can_seek` is False afterwards.
        """
        self._codec.skip_frame = "NONKEY"
        seen: set[int | None] = set()
        for place in evenly(count):
            if self._deadline.is_over():
                return
            target = self._start + duration_s * place / count
            try:
                self._container.seek(int(target / self._time_base), stream=self._stream)
            except (*VENDOR_ERRORS, ZeroDivisionError) as error:
                self.failure, self.can_seek = error, False
                return
            packet = self._next_key()
            if packet is not None and packet.pts not in seen:
                seen.add(packet.pts)
                frames = self._frames(packet) or self._frames(None)
                yield from ((self._seconds(frame), frame) for frame in frames[:1])

    def _next_key(self) -> "Packet[VideoStream] | None":
        for number, packet in enumerate(self._packets()):
            if packet.is_keyframe:
                return packet
            if number >= _PACKETS_TO_A_KEY:
                break
        return None

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        """Read on, without the empty packets that an AVI has for frames that were dropped."""
        try:
            for packet in self._container.demux(self._stream):
                if self._deadline.is_over():
                    return
                if packet.size:
                    yield packet
        except VENDOR_ERRORS as error:
            self.failure = error

    def _frames(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            frames = self._codec.decode(packet)
        except VENDOR_ERRORS as error:
            self.failure = error
            return []
        self._decoded += len(frames)
        return [frame for frame in frames if frame.width > 0 and frame.height > 0]

    def _seconds(self, frame: VideoFrame) -> float:
        # An old AVI has no times, but a rate.
        seconds = frame.pts * self._time_base - self._start if frame.pts is not None else self._decoded / self._rate
        return max(0.0, seconds)


def evenly(count: int) -> list[int]:
    """Return 0 to count - 1 in van der Corput's order: however few of them are taken, they are spread."""
    bits = max(1, (count - 1).bit_length())
    order = (int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits))
    return [place for place in order if place < count]
