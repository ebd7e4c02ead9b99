"""Show a stack's start: a bar on a terminal, plain lines elsewhere; on stderr, so that stdout stays data."""

from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from damsight_cli.bars_or_lines import bars_or_lines
from damsight_devstack import StackProgress
from damsight_devstack.progress import OnProgress


def told(console: Console | None = None) -> AbstractContextManager[OnProgress]:
    """A listener for the length of a start."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return bars_or_lines(columns, bar=_bar, plain=_plain, console=console)


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
