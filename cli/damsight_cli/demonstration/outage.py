"""Waits out a server of the demo that died: its owner starts it again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")
Say = Callable[[str], None]
# Far longer than a start of both servers takes on a slow computer: what is not back then does not come back.
LONGEST_S = 600.0
PAUSE_S = 1.0


@dataclass(frozen=True)
class Outlasting:
    """Tries again what a dead server broke off, until it works.

    Attributes:
        say: Told once for each outage, in a line for a person.
        longest_s: For so many seconds; a try that gets on begins them anew (see `until_done`).
        pause_s: Seconds between two tries.
    """

    say: Say
    longest_s: float = LONGEST_S
    pause_s: float = PAUSE_S

    def until_done(
        self,
        attempt: Callable[[], Result],
        trouble: type[Exception] | tuple[type[Exception], ...],
        *,
        what: str,
        got_on: Callable[[Exception], bool] = lambda _error: False,
    ) -> Result:
        """Try until it works.

        Args:
            attempt: What to do; it must do no harm when it is done twice.
            trouble: What a server that is away looks like.
            what: Is waiting, for the line.
            got_on: Tells of a failed try whether it had done something first.

        Raises:
            Exception: The trouble itself, when it lasts too long.
        """
        since: float | None = None
        while True:
            try:
                return attempt()
            except trouble as error:
                got_on_first = got_on(error)
                if since is None or got_on_first:
                    self.say(f"{what} waits for a server that is away, and goes on when it is back")
                    since = time.monotonic()
                if time.monotonic() - since > self.longest_s:
                    raise
                time.sleep(self.pause_s)
