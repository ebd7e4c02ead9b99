"""Show how far publishing is: a bar on a terminal, plain lines elsewhere; on stderr, so that stdout stays data."""

from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from damsight_cli.bars_or_lines import bars_or_lines
from damsight_publisher.records import OnProgress, PublishProgress

_PARTS = 10


def told(console: Console | None = None) -> AbstractContextManager[OnProgress]:
    """A listener for the length of a run."""
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return bars_or_lines(columns, bar=_bar, plain=_plain, console=console)


def _bar(bars: Progress) -> OnProgress:
    task = bars.add_task("publishing", total=None, visible=False)

    def listen(progress: PublishProgress) -> None:
        if progress.step == "publish":
            bars.update(task, completed=progress.done, total=progress.total, visible=progress.done < progress.total)
        elif progress.message:
            bars.console.print(progress.message, highlight=False)

    return listen


def _plain(console: Console) -> OnProgress:
    """A line for each tenth of the way, where there is a way worth telling."""
    last = [0]

    def listen(progress: PublishProgress) -> None:
        if progress.message:
            console.print(progress.message, highlight=False, soft_wrap=True)
        part = _PARTS * progress.done // progress.total if progress.total else 0
        if progress.step == "publish" and progress.total >= _PARTS and part != last[0]:
            last[0] = part
            console.print(f"{progress.done:,} of {progress.total:,}", highlight=False)

    return listen
