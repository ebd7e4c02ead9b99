"""Show how far a long reading is: a bar a step on a terminal, plain lines elsewhere; on stderr: stdout stays data."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from damsight_cli.bars_or_lines import bars_or_lines

OnProgress = Callable[[str, int, int], None]
_PARTS = 10
# Below this nobody waits.
_WORTH_TELLING = 1000


def told(console: Console | None = None) -> AbstractContextManager[OnProgress]:
    """A listener for the length of a run: it takes the step, how much is done, and of how much (0: not known)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return bars_or_lines(columns, bar=_bar, plain=_plain, console=console)


def _bar(bars: Progress) -> OnProgress:
    tasks: dict[str, TaskID] = {}

    def listen(step: str, done: int, total: int) -> None:
        if step not in tasks:
            tasks[step] = bars.add_task(step, total=None)
        bars.update(tasks[step], completed=done, total=total or None)

    return listen


def _plain(console: Console) -> OnProgress:
    """A line for each tenth of the way, where the way is long."""
    last: dict[str, int] = {}

    def listen(step: str, done: int, total: int) -> None:
        part = _PARTS * done // total if total else 0
        if total >= _WORTH_TELLING and part != last.get(step, 0):
            last[step] = part
            console.print(f"{step}: {done:,} of {total:,}", highlight=False)

    return listen
