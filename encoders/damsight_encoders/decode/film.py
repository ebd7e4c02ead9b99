"""Films: one frame a scene with its time, the frame that tells most, and the sound."""

import functools
from collections.abc import Iterator
from typing import Final

from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from damsight_encoders.content import Content, Part, Picture, Position
from damsight_encoders.decode.container import MAX_FRAME_PIXELS, Deadline, broken, opened, prepare
from damsight_encoders.decode.film_picture import FramePictures
from damsight_encoders.decode.kinds import kind_of
from damsight_encoders.decode.sampling import Extent, Sampler
from damsight_encoders.decode.scenes import Scenes, telling
from damsight_encoders.decode.sound import decode_sound, sound_of
from damsight_encoders.errors import MediaError
from damsight_schemas.connections import EncodingLimits

_WHOLE_PIXELS: Final = 1e9
"""A film of fewer pixels is decoded whole: sixteen seconds in Full HD, nearly three minutes at 640 x 360."""

_UNKEYED_PIXELS: Final = 4e9
"""So much of a film is decoded that is longer, and has few key frames."""

_LEAST_PIXELS: Final = 200_000
"""A smaller frame takes as long as one of so many."""

_FEW_KEYS: Final = 2
_KEYS_A_FRAME: Final = 4
_SHARE_OF_FRAMES: Final = 0.75


def decode_film(data: bytes, limits: EncodingLimits, *, at_least: int, sound_rate: int | None) -> Content:
    """Decode a film; see `damsight_encoders.ports.MediaDecoder`.

    Args:
        data: The whole file.
        limits: ``max_frames`` frames are kept, each of ``max_pixels`` at most; what of the film is decoded by
            ``max_decode_s`` is what there is.
        at_least: Keep the shorter side of each frame at so many pixels or more where the original has them.
        sound_rate: Samples a second of the sound; none: it is not wanted.

    Raises:
        MediaError: no_video_stream, unsupported, too_many_pixels, too_long, truncated or broken. A film that breaks
            in its midst keeps the frames that were there.
    """
    kind = kind_of(data)
    film = _Film(data, kind.name if kind else "FILM", limits, at_least)
    deadline = Deadline(limits.max_decode_s * (_SHARE_OF_FRAMES if sound_rate else 1.0))
    found = film.look_through(deadline)
    if found is None:
        return _only_sound(data, limits, film.name, at_least=at_least, sound_rate=sound_rate)
    duration_s, scenes = found
    parts = tuple(
        Part(Position("frame", number, round(scene.seconds, 3)), scene.picture)
        for number, scene in enumerate(scenes.chosen(), 1)
    )
    rest = Deadline(limits.max_decode_s * (1 - _SHARE_OF_FRAMES))
    return Content(
        cover=_cover([part.picture for part in parts]),
        parts=parts,
        sound=sound_of(data, limits, film.name, sound_rate, rest) if sound_rate else None,
        duration_s=round(duration_s, 3),
    )


class _Film:
    def __init__(self, data: bytes, name: str, limits: EncodingLimits, at_least: int) -> None:
        self._data = data
        self.name = name
        self._limits = limits
        self._at_least = at_least

    def look_through(self, deadline: Deadline) -> tuple[float, Scenes] | None:
        """Return the duration in seconds and the scenes, or None for what is sound alone."""
        with opened(self._data, self._limits.max_pixels, deadline, self.name) as container:
            stream = self._stream(container)
            if stream is None:
                return None
            sampler = Sampler(container, stream, deadline)
            extent = sampler.extent()
            scenes = Scenes(self._limits.max_frames, extent.duration_s)
            if not extent.is_read_through:
                self._offer_most(sampler, stream, extent, scenes)
        if extent.is_read_through:
            self._again(deadline, extent, scenes)
        elif not sampler.can_seek:
            self._again(deadline, extent, scenes, keys_only=True)
        elif scenes.offered < self._limits.max_frames // _FEW_KEYS:
            self._again(deadline, extent, scenes, keys_only=False)
        if not scenes.offered:
            raise self._nothing(deadline, sampler)
        return extent.duration_s, scenes

    def _again(self, deadline: Deadline, extent: Extent, scenes: Scenes, *, keys_only: bool | None = None) -> None:
        """Go through the film from its start: where ``keys_only`` is not told as for the first time, else on and on."""
        with opened(self._data, self._limits.max_pixels, deadline, self.name) as container:
            stream = self._stream(container)
            if stream is None:
                return
            sampler = Sampler(container, stream, deadline)
            if keys_only is None:
                self._offer_most(sampler, stream, extent, scenes)
            else:
                self._offer(stream, sampler.every_frame(_UNKEYED_PIXELS, keys_only=keys_only), scenes)

    def _offer_most(self, sampler: Sampler, stream: VideoStream, extent: Extent, scenes: Scenes) -> None:
        pixels = max(stream.codec_context.width * stream.codec_context.height, _LEAST_PIXELS)
        if extent.frames * pixels <= _WHOLE_PIXELS:
            frames = sampler.every_frame(_WHOLE_PIXELS)
        else:
            frames = sampler.key_frames(extent.duration_s, _KEYS_A_FRAME * self._limits.max_frames)
        self._offer(stream, frames, scenes)

    def _offer(self, stream: VideoStream, frames: Iterator[tuple[float, VideoFrame]], scenes: Scenes) -> None:
        pictures = self._pictures(stream)
        for seconds, frame in frames:
            scenes.offer(seconds, pictures.thumbnail(frame), functools.partial(pictures.picture, frame))

    def _stream(self, container: InputContainer) -> VideoStream | None:
        """The first moving picture that can be decoded, set to what it may use; none where there is none at all."""
        streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
        for stream in streams:
            if prepare(stream, self._limits.max_pixels):
                self._require_pixels(stream.codec_context.width, stream.codec_context.height)
                return stream
        if streams:
            raise MediaError(
                "unsupported",
                f"the {self.name}'s pictures are in a codec that is not taken; publish it in another (H.264, H.265, "
                f"AV1, VP9, ProRes ...)",
            )
        return None

    def _require_pixels(self, width: int, height: int) -> None:
        most = min(self._limits.max_pixels, MAX_FRAME_PIXELS)
        if width * height > most:
            raise MediaError(
                "too_many_pixels",
                f"the {self.name} says {width:,} x {height:,} pixels and the limit is {most:,}; raise the encoding "
                f"limit max_pixels if that is wanted (a film's frame has {MAX_FRAME_PIXELS:,} at most)",
            )

    def _pictures(self, stream: VideoStream) -> FramePictures:
        return FramePictures(
            stream.sample_aspect_ratio,
            at_least=self._at_least,
            max_pixels=self._limits.max_pixels,
            media_format=self.name,
        )

    def _nothing(self, deadline: Deadline, sampler: Sampler) -> MediaError:
        if deadline.is_over():
            return deadline.too_long(self.name)
        return broken(self._data, self.name, f"no frame can be decoded; {sampler.failure or 'it holds none'}")


def _cover(pictures: list[Picture]) -> Picture:
    return max(pictures, key=telling)


def _only_sound(data: bytes, limits: EncodingLimits, name: str, *, at_least: int, sound_rate: int | None) -> Content:
    try:
        return decode_sound(data, limits, at_least=at_least, sound_rate=sound_rate)
    except MediaError as error:
        if error.reason != "no_sound":
            raise
        raise MediaError(
            "no_video_stream",
            f"the {name} holds neither a moving picture nor a sound; replace the file in the media library and publish "
            f"it again",
        ) from error
