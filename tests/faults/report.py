"""What a long run found, as a page of bench/results."""

import os
import platform
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from faults.comparison import Comparison

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results"


@dataclass(frozen=True)
class Run:
    """One long run.

    Attributes:
        delivered: Records that Kafka's client gave to consumers, each time counted.
        held_back: Versions that came long after newer ones.
    """

    command: str
    seed: int
    wall_s: float
    faults: Counter[str]
    events: int
    changes: int
    late_creates: int
    held_back: int
    delivered: int
    records: int
    ended_by_themselves: Counter[int]
    comparison: Comparison
    unlettered: int
    consumers: int

    @property
    def passed(self) -> bool:
        return self.comparison.is_clean and not self.unlettered


def page(run: Run) -> str:
    """Return the page."""
    found = run.comparison
    rows = [
        ("faults", f"{run.faults.total():,}"),
        ("events sent", f"{run.events:,}"),
        ("of these, sent again", f"{run.events - run.changes - run.late_creates:,}"),
        ("creations of what was deleted long before", f"{run.late_creates:,}"),
        ("versions that came long after newer ones", f"{run.held_back:,}"),
        ("records delivered again because of a fault", f"{max(0, run.delivered - run.records):,}"),
        ("consumers at a time", f"{run.consumers - 1} to {run.consumers + 1}"),
        ("consumers that ended by themselves, by exit code", _counted(run.ended_by_themselves)),
        ("assets compared", f"{found.compared:,}"),
        ("**missing**", f"**{len(found.missing)}**"),
        ("**stale**", f"**{len(found.stale)}**"),
        ("**resurrected**", f"**{len(found.resurrected)}**"),
        ("with a wrong field or vector", str(len(found.wrong))),
        ("never told of", str(len(found.unknown))),
        ("lacking for good, and no dead letter tells of it", str(run.unlettered)),
        ("wall time", f"{run.wall_s / 60:.1f} minutes"),
    ]
    kinds = [(name, str(count)) for name, count in sorted(run.faults.items())]
    return "\n".join([
        f"# Faults, {datetime.now(UTC):%Y-%m-%d}: {'nothing lost, stale or resurrected' if run.passed else 'FAILED'}",
        "",
        f"`{run.command}` (seed {run.seed}) on {_machine()}.",
        "A real Kafka and a real Elasticsearch; compared asset by asset with a reference, every field and vector.",
        "All the while 5 % of the items of every bulk were answered with 429 or 503.",
        "",
        *_table(("what", "how many"), rows),
        "",
        *_table(("fault", "times"), kinds),
        "",
        *([] if run.passed else [f"Found: {found}", ""]),
    ])  # fmt: skip


def write(run: Run) -> Path:
    """Write the page of today and return where it is."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"faults-{datetime.now(UTC):%Y-%m-%d}.md"
    path.write_text(page(run), encoding="utf-8")
    return path


def _table(heads: tuple[str, str], rows: list[tuple[str, str]]) -> list[str]:
    return [f"| {heads[0]} | {heads[1]} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def _counted(codes: Counter[int]) -> str:
    return ", ".join(f"{count} x {code}" for code, count in sorted(codes.items())) or "none"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"
