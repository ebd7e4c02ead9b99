"""Pictures decoded in a process of their own, so that an asset that kills its decoder kills nothing else."""

import pickle
import threading
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from damsight_encoders.content import Box, Picture
from damsight_encoders.decode.frames import Channel, FrameError
from damsight_encoders.decode.kept_apart import KeptApart, start_apart
from damsight_encoders.errors import DecoderDiedError, EncoderUnavailableError, MediaError
from damsight_encoders.ports import PictureDecoder

_Side = Annotated[int, Field(ge=1, le=1 << 31)]


@dataclass(frozen=True, slots=True)
class IsolationLimits:
    """What the child may use.

    Attributes:
        address_space_bytes: Of the child, in bytes. Keep it below what the container has: where Kubernetes ends a
            whole container for one process's memory (cgroup v2), this limit must be met first.
        cpu_s: Processor time a picture, in seconds.
        wall_s: Time on the clock a picture, in seconds.
        start_s: Time on the clock for the child to start, in seconds.
        answer_bytes: Of the decoded pixels, in bytes; three a pixel.
        retries: How many fresh children are tried before a death is held against the asset: the kernel, or somebody,
            may have killed the first for reasons of their own.
    """

    address_space_bytes: int = 4 << 30
    cpu_s: int = 120
    wall_s: float = 240.0
    start_s: float = 120.0
    answer_bytes: int = 3 * 200_000_000
    retries: int = 1


class IsolatedDecoder:
    """Implements PictureDecoder by another decoder in a child process. Close it when done.

    The child starts with the first picture, serves all that follow, and is replaced when it died. It ends with this
    process, also where this one is killed. One caller at a time; others wait.

    Args:
        decoder: Decodes in the child; it must be picklable, and its module importable there.
        limits: What the child may use.
    """

    def __init__(self, decoder: PictureDecoder, limits: IsolationLimits | None = None) -> None:
        self._pickled = pickle.dumps(decoder)
        self._limits = limits or IsolationLimits()
        self._child: KeptApart | None = None
        self._turn = threading.Lock()
        self._closed = False

    @property
    def child_pid(self) -> int | None:
        """The process id of the child, or None where there is none at present."""
        return self._child.process.pid if self._child else None

    def decode(self, data: bytes, *, at_least: int) -> Picture:
        """Decode as the other decoder does; see the port.

        Raises:
            MediaError: As the other decoder says.
            DecoderDiedError: The decoder dies of these bytes, or takes longer than it may, in every child that tried.
            EncoderUnavailableError: The child does not start, which is not the asset's fault; or this was closed.
        """
        with self._turn:
            for _ in range(self._limits.retries):
                try:
                    return self._attempt(data, at_least)
                except DecoderDiedError:
                    continue
            return self._attempt(data, at_least)

    def close(self) -> None:
        """End the child for good; a picture under way, and any after this, raises EncoderUnavailableError."""
        self._closed = True
        child = self._child
        if child is not None:
            child.process.kill()
        with self._turn:
            self._discard()

    def _attempt(self, data: bytes, at_least: int) -> Picture:
        child = self._ready_child()
        answered = False
        child.channel.give_up_in(self._limits.wall_s)
        try:
            child.channel.send({"bytes": len(data), "at_least": at_least}, data)
            result = _read_answer(child.channel, self._limits.answer_bytes)
            answered = True
        except TimeoutError as error:
            raise DecoderDiedError(
                "decoder_stuck",
                f"the decoder was still busy after {self._limits.wall_s:g} s and was ended; replace the file in the "
                f"media library and publish it again",
            ) from error
        except (EOFError, OSError) as error:
            self._refuse_when_closed()
            raise child.death() from error
        except (FrameError, ValidationError) as error:
            raise DecoderDiedError(
                "decoder_died", f"the decoder answered what is no picture and was ended ({type(error).__name__})"
            ) from error
        finally:
            if not answered:
                self._discard()
        return self._believed(result)

    def _believed(self, result: "Picture | _Answer") -> Picture:
        if isinstance(result, Picture):
            return result
        if result.refused is not None:
            raise MediaError(result.refused.reason, result.refused.message)
        # What raised something unforeseen, memory that ran out for one, is in no state to go on.
        self._discard()
        raise DecoderDiedError(
            "decoder_died",
            f"the decoder failed on this file ({result.failed}); replace the file in the media library and publish it "
            f"again, or raise the isolation limit address_space_bytes if it is memory that was lacking",
        )

    def _ready_child(self) -> KeptApart:
        if self._child is not None and self._child.process.poll() is None:
            return self._child
        self._discard()
        self._refuse_when_closed()
        self._child = child = start_apart()
        ready = False
        child.channel.give_up_in(self._limits.start_s)
        try:
            child.channel.send(
                {
                    "bytes": len(self._pickled),
                    "address_space_bytes": self._limits.address_space_bytes,
                    "cpu_s": self._limits.cpu_s,
                },
                self._pickled,
            )
            child.channel.receive()
            ready = True
        except TimeoutError as error:
            raise EncoderUnavailableError(
                f"the decoding process was not ready within {self._limits.start_s:g} s; the machine is overloaded"
            ) from error
        except (EOFError, OSError, FrameError) as error:
            raise EncoderUnavailableError(f"the decoding process does not start: {child.last_words()}") from error
        finally:
            if not ready:
                self._discard()
        return child

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise EncoderUnavailableError("the decoder was closed")

    def _discard(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Described(_Strict):
    width: _Side
    height: _Side
    original_size: tuple[_Side, _Side]
    media_format: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]
    box: Box | None


class _Refused(_Strict):
    reason: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    message: str


class _Answer(_Strict):
    picture: _Described | None = None
    refused: _Refused | None = None
    failed: str | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("not exactly one of the three")
        return self


def _read_answer(channel: Channel, answer_bytes: int) -> "Picture | _Answer":
    answer = _Answer.model_validate_json(channel.receive())
    described = answer.picture
    if described is None:
        return answer
    if described.width * described.height * 3 > answer_bytes:
        raise FrameError(f"{described.width:,} x {described.height:,} pixels where {answer_bytes:,} bytes are allowed")
    pixels = np.empty((described.height, described.width, 3), dtype=np.uint8)
    channel.receive_into(pixels.data.cast("B"))
    return Picture(
        pixels=pixels,
        original_size=described.original_size,
        media_format=described.media_format,
        box=described.box,
    )
