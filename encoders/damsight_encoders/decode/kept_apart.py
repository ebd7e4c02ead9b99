"""Start the process that an isolated decoder decodes in, and tell of what it died."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from damsight_encoders.decode.frames import Channel
from damsight_encoders.errors import DecoderDiedError, EncoderUnavailableError

_DIE_WITHIN_S: Final = 5.0
_LAST_WORDS: Final = 300
# The settings and their secrets are of no concern to a process that reads what strangers sent.
_HANDED_ON: Final = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
_STUCK: Final = (signal.SIGXCPU,)
_HINTS: Final[dict[int, str]] = {signal.SIGKILL: ", perhaps by the kernel for lack of memory"}


@dataclass(frozen=True, slots=True)
class KeptApart:
    """A running child.

    Attributes:
        process: The child.
        channel: To it.
        life: The end of a pipe; the child dies when it closes.
        words: What the child writes to stderr.
    """

    process: "subprocess.Popen[bytes]"
    channel: Channel
    life: int
    words: IO[bytes]

    def death(self) -> DecoderDiedError:
        """Say how it died, waiting for that; one that does not die by itself is killed."""
        try:
            code = self.process.wait(_DIE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        what_to_do = "replace the file in the media library and publish it again"
        if -code in _STUCK:
            return DecoderDiedError("decoder_stuck", f"the decoder used up its processor time; {what_to_do}")
        return DecoderDiedError(
            "decoder_died", f"the decoder {_ending(code)} on this file ({self.last_words()}); {what_to_do}"
        )

    def last_words(self) -> str:
        """The end of what it wrote to stderr."""
        size = self.words.seek(0, os.SEEK_END)
        self.words.seek(max(0, size - _LAST_WORDS))
        return self.words.read().decode("utf-8", "replace").strip() or "it said nothing"

    def end(self) -> None:
        """Kill it, and let go of everything."""
        self.process.kill()
        self.process.wait()
        self.channel.close()
        os.close(self.life)
        self.words.close()


def start_apart() -> KeptApart:
    """Start a child.

    A program of its own and no fork: a fork would take over this process's threads' locks as they happen to be. Its
    own session: Ctrl-C in a terminal reaches this process alone.

    Raises:
        EncoderUnavailableError: No process can be started.
    """
    ours, theirs = socket.socketpair()
    watched, life = os.pipe()
    words = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-P", "-m", "damsight_encoders.decode.child", str(watched)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=words,
            pass_fds=(watched,),
            env=handed_on_environment(),
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        os.close(life)
        words.close()
        raise EncoderUnavailableError(f"no process can be started to decode in: {error}") from error
    finally:
        theirs.close()
        os.close(watched)
    return KeptApart(process=process, channel=Channel(ours), life=life, words=words)


def handed_on_environment() -> dict[str, str]:
    """Return the environment of a process that reads what strangers sent."""
    handed_on = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    # One picture at a time: a pool of threads would only reserve address space.
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # A limit on files cuts what Python compiles at its length, and Python keeps the stump: written nowhere, then.
    compiled = {"PYTHONDONTWRITEBYTECODE": "1"}
    path = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    return {**handed_on, **threads, **compiled, "PYTHONPATH": path}


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"died of {name}{_HINTS.get(-code, '')}"
