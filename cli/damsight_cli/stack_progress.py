"""Show a stack's start: a bar on a terminal, plain lines elsewhere; on stderr, so that stdout stays data."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from damsight_devstack import StackProgress
from damsight_devstack.progress import OnProgress


@contextmanager
def told(console: Console | None = None) -> Iterator[OnProgress]:
    """A listener for the length of a start."""
    shown = console or Console(stderr=True)
    if not shown.is_terminal:
        yield _plain(shown)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=shown, transient=True) as bars:
        yield _bar(bars)


def _bar(bars: Progress) -> OnProgress:
    tasks: list[TaskID] = []

    def listen(progress: StackProgress) -> None:
        if progress.step != "download":
            bars.console.print(progress.message, highlight=False)
            return
        if not tasks:
            tasks.append(bars.add_task(progress.message, total=progress.total))
        bars.update(tasks[0], completed=progress.done)

    return listen


def _plain(console: Console) -> OnProgress:
    """A line per step, and one for each quarter of a download."""
    quarters: set[int] = set()

    def listen(progress: StackProgress) -> None:
        if progress.step != "download":
            console.print(progress.message, highlight=False, soft_wrap=True)
            return
        quarter = 4 * progress.done // progress.total
        if quarter not in quarters:
            quarters.add(quarter)
            console.print(
                f"{progress.message}: {progress.done / 1e6:.0f} of {progress.total / 1e6:.0f} MB", highlight=False
            )

    return listen
