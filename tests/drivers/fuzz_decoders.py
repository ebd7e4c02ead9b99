"""Damage files of every kind and decode them in a child process: `python tests/drivers/fuzz_decoders.py --help`.

Allowed are content and a MediaError. What else a file did to the child is told with its seed, and the file is kept.
"""

import argparse
import collections
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder, IsolationLimits
from damsight_encoders.errors import DecoderDiedError, MediaError
from damsight_schemas.connections import EncodingLimits
from drivers.fuzz_corpus import corpus
from drivers.mutations import mutate
from drivers.system_calls import SystemCalls
from drivers.traps import Traps
from examples.films import film, scene

ADDRESS_SPACE_BYTES = 3 << 29
LIMITS = EncodingLimits(max_pixels=4_000_000, max_frames=4, max_pages=3, max_sound_s=5, max_decode_s=5)
ISOLATION = IsolationLimits(
    address_space_bytes=ADDRESS_SPACE_BYTES, cpu_s=30, wall_s=120, answer_bytes=200_000_000, retries=0
)


@dataclass
class Findings:
    """What came of a run.

    Attributes:
        files: How many were decoded.
        outcomes: How often content, and how often each reason of a refusal.
        deaths: The file's name and number, and of what the child died.
        sprung: Files that had a trap spring.
        calls: System calls that no decoder should make.
        peak_bytes: The most memory that a child ever had resident.
        slowest_s: The longest time that one file took.
    """

    files: int = 0
    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    deaths: list[str] = field(default_factory=list)
    sprung: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    peak_bytes: int = 0
    slowest_s: float = 0.0


def fuzz(
    seed: int, *, files: int | None = None, seconds: float | None = None, keep: Path, trace: bool = False
) -> Findings:
    """Decode so many damaged files, or for so long. The same seed damages the same files in the same ways.

    Args:
        seed: Of the damage.
        files: How many.
        seconds: How long.
        keep: Where to keep what killed the child.
        trace: Watch the child's system calls by strace.
    """
    findings = Findings()
    end = time.monotonic() + seconds if seconds is not None else None
    decoder = IsolatedDecoder(FileDecoder(LIMITS), ISOLATION)
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory())
        traps = stack.enter_context(Traps(Path(place), film([scene(0)], frames_a_scene=2)))
        stack.callback(decoder.close)
        whole = corpus(traps)
        for name, data in whole.items():
            _decode(decoder, name, data, findings)
        calls = stack.enter_context(SystemCalls()) if trace else None
        for number, name, data in itertools.islice(_damaged(seed, whole), files):
            if end is not None and time.monotonic() > end:
                break
            if calls is not None:
                calls.follow(decoder.child_pid)
            before = len(findings.deaths)
            _decode(decoder, f"{name} #{seed}.{number}", data, findings)
            if len(findings.deaths) > before:
                (keep / f"death-{seed}-{number}").write_bytes(data)
            if traps.sprung():
                findings.sprung.append(f"{name} #{seed}.{number}")
        if calls is not None:
            findings.calls = calls.forbidden()
    return findings


def _damaged(seed: int, whole: dict[str, bytes]) -> Iterator[tuple[int, str, bytes]]:
    names = sorted(whole)
    for number in itertools.count():
        # Each file has a generator of its own, so that one can be made again without those before it.
        chance = random.Random(f"{seed}.{number}")  # noqa: S311 - it must be the same each time
        name, other = names[number % len(names)], chance.choice(names)
        yield number, name, mutate(chance, whole[name], whole[other])


def _decode(decoder: IsolatedDecoder, name: str, data: bytes, findings: Findings) -> None:
    start = time.monotonic()
    try:
        decoder.decode_media(data, at_least=32, sound_rate=16000)
        findings.outcomes["content"] += 1
    except DecoderDiedError as error:
        findings.outcomes[error.reason] += 1
        findings.deaths.append(f"{name}: {error}")
    except MediaError as error:
        findings.outcomes[error.reason] += 1
    findings.files += 1
    findings.slowest_s = max(findings.slowest_s, time.monotonic() - start)
    if decoder.child_pid is not None:
        findings.peak_bytes = max(findings.peak_bytes, _peak(decoder.child_pid))


def _peak(process: int) -> int:
    """VmHWM of proc_pid_status(5), in bytes."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Decode damaged files of every kind in a child process.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--files", type=int, help="stop after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "damsight-fuzz")
    parser.add_argument("--trace", action="store_true", help="watch the child's system calls by strace")
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    findings = fuzz(given.seed, files=given.files, seconds=given.minutes * 60, keep=given.keep, trace=given.trace)
    sys.stdout.write(
        f"{findings.files:,} files, slowest {findings.slowest_s:.1f} s, peak {findings.peak_bytes >> 20} MiB\n"
    )
    for outcome, count in findings.outcomes.most_common():
        sys.stdout.write(f"  {count:7,} {outcome}\n")
    for title, lines in (("deaths", findings.deaths), ("traps", findings.sprung), ("calls", findings.calls)):
        sys.stdout.write(f"{title}: {len(lines)}\n" + "".join(f"  {line}\n" for line in lines))
    sys.exit(1 if findings.deaths or findings.sprung or findings.calls else 0)


if __name__ == "__main__":
    main()
