"""A bulk request taken apart: some of its items are answered in the server's place, the others are sent on. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

Refusal = tuple[int, str, str]


@dataclass(frozen=True)
class Halves:
    """What is sent on, and what is not.

    Attributes:
        kept: The body of what is sent on; empty where nothing is.
        answers: One per item of the whole, in order: an answer of ours, or none where the server has to answer.
    """

    kept: bytes
    answers: Sequence[dict[str, Any] | None]

    @property
    def refused(self) -> int:
        return sum(answer is not None for answer in self.answers)

    def merged(self, answer: bytes | None) -> bytes:
        """Put our answers among those of the server, or together where it was not asked."""
        told: dict[str, Any] = orjson.loads(answer) if answer is not None else {"took": 0, "items": []}
        theirs = iter(told["items"])
        items = [ours if ours is not None else next(theirs) for ours in self.answers]
        return orjson.dumps(told | {"errors": True, "items": items})


def take_out(body: bytes, refuse: Callable[[], Refusal | None]) -> Halves:
    """Take items out of a bulk.

    Args:
        body: As it was sent: an action per line, a document after each that has one.
        refuse: Asked once per item: status, error type and reason, or none to send it on.
    """
    lines = [line for line in body.split(b"\n") if line]
    kept: list[bytes] = []
    answers: list[dict[str, Any] | None] = []
    at = 0
    while at < len(lines):
        ((action, about),) = orjson.loads(lines[at]).items()
        end = at + (1 if action == "delete" else 2)
        refusal = refuse()
        answers.append(None if refusal is None else _answer(action, about, refusal))
        kept += lines[at:end] if refusal is None else []
        at = end
    return Halves(b"".join(line + b"\n" for line in kept), answers)


def _answer(action: str, about: dict[str, Any], refusal: Refusal) -> dict[str, Any]:
    status, kind, reason = refusal
    told = {"_index": about.get("_index"), "_id": about.get("_id"), "status": status}
    return {action: told | {"error": {"type": kind, "reason": reason}}}
