"""What damsight itself keeps beside the assets: saved searches, concepts, feedback, calibrations. Pure: the port."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Place = tuple[datetime, str]
"""Of a record among the latest: its time and its id."""


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One thing that is kept.

    Attributes:
        kind: Of what it is one, as in ``saved-search``; letters, digits and hyphens.
        record_id: Unique within its kind.
        owner: Whose it is, as a principal (``user:anna``); empty for what belongs to the installation.
        about: What it can be found by, besides: asset ids, names.
        body: JSON; never searched.
        at: When it came to be, to the millisecond, where the latest of them are asked for, or old ones forgotten.
    """

    kind: str
    record_id: str
    owner: str = ""
    about: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


class OwnRecords(Protocol):
    """Keeps records. What was put is seen by the next call. Safe to call from many threads."""

    def get(self, kind: str, record_id: str) -> OwnRecord | None:
        """Return one; none where it is not there.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def put(self, record: OwnRecord) -> None:
        """Keep one, in place of what has its kind and id.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def create(self, record: OwnRecord) -> bool:
        """Keep one where none has its kind and id; tell whether it was kept: of two at once, one is.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def delete(self, kind: str, record_id: str) -> bool:
        """Forget one; tell whether it was there.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def of(self, kind: str, *, owner: str | None = None, about: str | None = None) -> Iterator[OwnRecord]:
        """Yield those of a kind, by their ids; of an owner, or about something, where that is given.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def create_all(self, records: Sequence[OwnRecord]) -> list[bool]:
        """Keep each where none has its kind and id, in one request; tell which were kept.

        `get` and `known` see them at once, the others within a second or so.

        Raises:
            IndexUnavailableError: The server does not answer, or does not take all; some may be kept.
        """
        ...

    def put_all(self, records: Sequence[OwnRecord]) -> None:
        """Keep each in place of what has its kind and id, in one request; the next call sees them.

        Raises:
            IndexUnavailableError: The server does not answer, or does not take all; some may be kept.
        """
        ...

    def known(self, kind: str, record_ids: Sequence[str]) -> frozenset[str]:
        """Return those ids that there are records of.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def latest(
        self, kind: str, *, owner: str, about: str | None = None, most: int, after: Place | None = None
    ) -> list[OwnRecord]:
        """Return an owner's newest by ``at``, or those that follow a place; those without ``at`` are left out.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...

    def forget(
        self, kind: str, *, owner: str | None = None, about: str | None = None, before: datetime | None = None
    ) -> int:
        """Forget all of a kind that meet every condition that is given, and tell how many there were.

        Raises:
            IndexUnavailableError: The server does not answer.
        """
        ...
