"""What a start tells whoever waits for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class StackProgress:
    """One step of a start.

    `step` is the stage, `message` a line for a person. For "download" `done` and `total` are bytes; elsewhere
    both are 0.
    """

    step: Literal["note", "download", "start", "ready"]
    message: str
    done: int = 0
    total: int = 0


OnProgress = Callable[[StackProgress], None]


def silent(_progress: StackProgress) -> None:
    """Tell nobody."""
