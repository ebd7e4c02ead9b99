"""Media decoded in a process of their own, so that an asset that kills its decoder kills nothing else."""

import pickle
import threading
from dataclasses import dataclass

from pydantic import ValidationError

from damsight_encoders.content import Content, Picture
from damsight_encoders.decode.answers import Refused, receive_answer
from damsight_encoders.decode.frames import FrameError
from damsight_encoders.decode.kept_apart import KeptApart, start_apart
from damsight_encoders.errors import DecoderDiedError, EncoderUnavailableError, MediaError
from damsight_encoders.ports import MediaDecoder, PictureDecoder


@dataclass(frozen=True, slots=True)
class IsolationLimits:
    """What the child may use.

    Attributes:
        address_space_bytes: Of the child, in bytes. Keep it below what the container has: where Kubernetes ends a
            whole container for one process's memory (cgroup v2), this limit must be met first.
        cpu_s: Processor time a file, in seconds.
        wall_s: Time on the clock a file, in seconds.
        start_s: Time on the clock for the child to start, in seconds.
        answer_bytes: Of all that is decoded of a file, in bytes: three a pixel, four a sample.
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
    """Implements MediaDecoder and PictureDecoder by another decoder in a child process. Close it when done.

    The child starts with the first file, serves all that follow, and is replaced when it died. It ends with this
    process, also where this one is killed. One caller at a time; others wait.

    Args:
        decoder: Decodes in the child; it must be picklable, and its module importable there. What it implements of the
            two ports, this does.
        limits: What the child may use.
    """

    def __init__(self, decoder: PictureDecoder | MediaDecoder, limits: IsolationLimits | None = None) -> None:
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
        content = self._answered(data, {"at_least": at_least, "whole": False})
        if content.cover is None:
            with self._turn:
                self._discard()
            raise DecoderDiedError("decoder_died", "the decoder answered what is no decoded media and was ended")
        return content.cover

    def decode_media(self, data: bytes, *, at_least: int, sound_rate: int | None = None) -> Content:
        """Decode as the other decoder does; see the port.

        Raises:
            MediaError: As the other decoder says.
            DecoderDiedError: As for `decode`.
            EncoderUnavailableError: As for `decode`.
        """
        return self._answered(data, {"at_least": at_least, "whole": True, "sound_rate": sound_rate})

    def close(self) -> None:
        """End the child for good; a file under way, and any after this, raises EncoderUnavailableError."""
        self._closed = True
        child = self._child
        if child is not None:
            child.process.kill()
        with self._turn:
            self._discard()

    def _answered(self, data: bytes, request: dict[str, object]) -> Content:
        with self._turn:
            for _ in range(self._limits.retries):
                try:
                    return self._attempt(data, request)
                except DecoderDiedError:
                    continue
            return self._attempt(data, request)

    def _attempt(self, data: bytes, request: dict[str, object]) -> Content:
        child = self._ready_child()
        answered = False
        child.channel.give_up_in(self._limits.wall_s)
        try:
            child.channel.send({"bytes": len(data), **request}, data)
            result = receive_answer(child.channel, self._limits.answer_bytes)
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
                "decoder_died", f"the decoder answered what is no decoded media and was ended ({type(error).__name__})"
            ) from error
        finally:
            if not answered:
                self._discard()
        return self._believed(result)

    def _believed(self, result: Content | Refused | str) -> Content:
        if isinstance(result, Content):
            return result
        if isinstance(result, Refused):
            raise MediaError(result.reason, result.message)
        # What raised something unforeseen, memory that ran out for one, is in no state to go on.
        self._discard()
        raise DecoderDiedError(
            "decoder_died",
            f"the decoder failed on this file ({result}); replace the file in the media library and publish it "
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
