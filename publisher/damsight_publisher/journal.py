"""Notes what was published, so that the next run publishes only what is new, and revisions only grow.

An event is noted before it is sent (pending) and again when Kafka acknowledged it. A run that was killed between the
two finds the pending revision and sends the very same event again: same revision, same event id.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from damsight_publisher.errors import JournalError
from damsight_publisher.records import Kind

LAYOUT = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS assets (
    scope TEXT NOT NULL, asset_id TEXT NOT NULL, place BLOB NOT NULL, stamp TEXT NOT NULL, digest TEXT NOT NULL,
    revision INTEGER NOT NULL, kind TEXT NOT NULL, acknowledged INTEGER NOT NULL,
    PRIMARY KEY (scope, asset_id)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is noted of an asset.

    Attributes:
        place: Where it was found.
        stamp: Of the file when it was read, with the options that it was read under.
        digest: SHA-256 of all that the event says.
        kind: Of the last event.
        acknowledged: Kafka has the event.
    """

    asset_id: str
    place: bytes
    stamp: str
    digest: str
    revision: int
    kind: Kind
    acknowledged: bool

    @property
    def is_gone(self) -> bool:
        """Its deletion is published."""
        return self.kind == "deleted" and self.acknowledged


class Journal:
    """The notes of one scope: one source, to one topic of one cluster."""

    def __init__(self, connection: sqlite3.Connection, path: str, scope: str) -> None:
        self._connection, self._path, self._scope = connection, path, scope

    @classmethod
    def open(cls, path: Path | None, scope: str) -> Self:
        """Open the notes, or begin them.

        Args:
            path: The file; None keeps them in memory, for a run that notes nothing.
            scope: What is noted apart from all else.

        Raises:
            JournalError: The file cannot be opened, or is none of ours.
        """
        place = ":memory:" if path is None else str(path)
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(place, timeout=30, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(place, error) from error
        try:
            _prepare(connection, place)
        except (sqlite3.Error, JournalError) as error:
            connection.close()
            raise error if isinstance(error, JournalError) else _unusable(place, error) from error
        return cls(connection, place, scope)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def entries(self) -> dict[str, Entry]:
        """Return everything noted, by asset id."""
        with self._translated():
            rows = self._connection.execute(
                "SELECT asset_id, place, stamp, digest, revision, kind, acknowledged FROM assets WHERE scope = ?",
                (self._scope,),
            )
            return {row[0]: _entry(row) for row in rows}

    def note(self, entries: Iterable[Entry]) -> None:
        """Write entries over what was noted of their assets, all of them or none."""
        rows = [
            (self._scope, one.asset_id, one.place, one.stamp, one.digest, one.revision, one.kind, one.acknowledged)
            for one in entries
        ]
        if rows:
            self._write("INSERT OR REPLACE INTO assets VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def acknowledge(self, receipts: Iterable[tuple[str, int]]) -> None:
        """Note that Kafka has these events: asset id and revision. One of an older revision changes nothing."""
        rows = [(self._scope, asset_id, revision) for asset_id, revision in receipts]
        if rows:
            self._write(
                "UPDATE assets SET acknowledged = 1 WHERE scope = ? AND asset_id = ? AND revision = ?",
                rows,
            )

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(statement, rows)
            except sqlite3.Error:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error


def _entry(row: tuple[Any, ...]) -> Entry:
    asset_id, place, stamp, digest, revision, kind, acknowledged = row
    return Entry(asset_id, place, stamp, digest, revision, kind, acknowledged=bool(acknowledged))


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    layout = connection.execute("PRAGMA user_version").fetchone()[0]
    if layout not in (0, LAYOUT):
        raise JournalError(
            f"the journal {path} was written by another version of damsight (layout {layout}; this one knows "
            f"{LAYOUT}). Use that version, or name another file with --journal; then everything is published again."
        )
    connection.execute(_TABLE)
    connection.execute(f"PRAGMA user_version = {LAYOUT}")


def _unusable(path: str, error: Exception) -> JournalError:
    return JournalError(
        f"the journal {path} cannot be used: {error}. Free the disk or mend the rights; or name another file with "
        f"--journal: then everything is published again, with greater revisions."
    )
