"""Sends letters again, and waits until each has ended."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from damsight_cli.dead_letters_desk import Desk
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.replay import Ended, Ending, Replayable, Selection, Skipped, Waiting, send

LOOK_S = 2.0
_PARTS = 10
OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay came to.

    Attributes:
        topic: Where it was sent.
        ended: How each that was sent stands.
        skipped: What was not sent, and why.
        waited: Whether it was waited for.
    """

    topic: str
    ended: list[Ended]
    skipped: list[Skipped]
    waited: bool

    @property
    def is_well(self) -> bool:
        """Tell whether nothing is left for anybody to do."""
        well = not self.waited or all(one.ending is Ending.WELL for one in self.ended)
        return well and not any(one.lost for one in self.skipped)


def replayed(
    desk: Desk, selection: Selection, topic: str, *, per_s: float | None, wait_s: float | None, plain: bool
) -> Report:
    """Send what was chosen, and wait.

    Args:
        desk: The servers.
        selection: What is sent.
        topic: Where.
        per_s: At most so many each second.
        wait_s: For at most so long; none does not wait.
        plain: Show no progress.
    """
    chosen = selection.chosen
    waiting = Waiting(desk.kafka, desk.assets)
    with _shown("sending", len(chosen), plain=plain) as on_progress:
        sent = send(desk.kafka, chosen, topic, per_s=per_s, on_progress=on_progress) if chosen else None
    done = sent.sent if sent else []
    skipped = [*selection.skipped, *(sent.refused if sent else [])]
    if wait_s is None:
        return Report(topic, [Ended(one, Ending.UNDER_WAY, "sent; not waited for") for one in done], skipped, False)
    with _shown("ended", len(done), plain=plain) as on_progress:
        ended = _until_ended(waiting, done, time.monotonic() + wait_s, on_progress)
    return Report(topic, ended, skipped, True)


def _until_ended(waiting: Waiting, sent: Sequence[Replayable], deadline: float, on_progress: OnProgress) -> list[Ended]:
    pending = list(sent)
    ended: dict[str, Ended] = {}
    while pending:
        for one in _looked(waiting, pending):
            ended[one.replayed.letter.id] = one
        pending = [one for one in pending if ended[one.letter.id].ending is Ending.UNDER_WAY]
        on_progress(len(sent) - len(pending))
        left = deadline - time.monotonic()
        if left <= 0:
            break
        if pending:
            time.sleep(min(LOOK_S, left))
    return [ended[one.letter.id] for one in sent]


def _looked(waiting: Waiting, pending: Sequence[Replayable]) -> list[Ended]:
    try:
        return waiting.look(pending)
    except IndexUnavailableError as error:
        # They are sent; that the index does not answer for a moment is no reason to lose sight of them.
        return [Ended(one, Ending.UNDER_WAY, f"the index cannot be asked: {error}") for one in pending]


@contextmanager
def _shown(what: str, total: int, *, plain: bool) -> Iterator[OnProgress]:
    console = Console(stderr=True)
    if plain or not total:
        with nullcontext():
            yield lambda _: None
        return
    if not console.is_terminal:
        yield _lines(console, what, total)
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda done: bars.update(task, completed=done)


def _lines(console: Console, what: str, total: int) -> OnProgress:
    last = [-1]

    def listen(done: int) -> None:
        part = _PARTS * done // total
        if part != last[0]:
            last[0] = part
            console.print(f"{what}: {done:,} of {total:,}", highlight=False)

    return listen
