"""CPU time and memory of whole processes, from the operating system."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Reading:
    """One look at the clock and at some processes.

    Attributes:
        wall_s: A monotonic clock, seconds.
        cpu_s: User and system CPU-seconds by process name.
        peak_mib: Largest resident size so far by process name, MiB.
    """

    wall_s: float
    cpu_s: Mapping[str, float]
    peak_mib: Mapping[str, float]


def read(processes: Mapping[str, psutil.Process]) -> Reading:
    """Read the clock and the processes."""
    cpu = {name: sum(process.cpu_times()[:2]) for name, process in processes.items()}
    peaks = {name: _peak_mib(process) for name, process in processes.items()}
    return Reading(time.monotonic(), cpu, peaks)


def _peak_mib(process: psutil.Process) -> float:
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:  # noqa: PTH123  a kernel file, not a path of ours
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@dataclass(frozen=True)
class Interval:
    """What passed between two readings."""

    wall_s: float
    cpu_s: Mapping[str, float]

    @property
    def total_cpu_s(self) -> float:
        """CPU-seconds of all processes together."""
        return sum(self.cpu_s.values())


def between(first: Reading, last: Reading) -> Interval:
    """Return what passed."""
    spent = {name: last.cpu_s[name] - first.cpu_s[name] for name in first.cpu_s}
    return Interval(last.wall_s - first.wall_s, spent)
