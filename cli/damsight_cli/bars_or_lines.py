"""Progress: a bar on a terminal, plain lines elsewhere; on stderr, so that stdout stays data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, ProgressColumn

Listener = TypeVar("Listener")


@contextmanager
def bars_or_lines(
    columns: tuple[ProgressColumn, ...],
    *,
    bar: Callable[[Progress], Listener],
    plain: Callable[[Console], Listener],
    console: Console | None,
) -> Iterator[Listener]:
    """A listener for the length of a run.

    Args:
        columns: Of the bar.
        bar: Makes the listener that moves bars.
        plain: Makes the listener that writes lines.
        console: Where to; stderr where none is given.
    """
    shown = console or Console(stderr=True)
    if not shown.is_terminal:
        yield plain(shown)
        return
    with Progress(*columns, console=shown, transient=True) as bars:
        yield bar(bars)
