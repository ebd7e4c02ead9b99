"""The two sides of a comparison in a temporary file, so that millions of assets need no memory."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from damsight_consumer.errors import CatalogueError
from damsight_consumer.reconcile.findings import Dead, Indexed, Listed, Sent
from damsight_schemas.document import Problem
from damsight_schemas.events import AssetChanged

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE listed (asset_id TEXT PRIMARY KEY, revision INTEGER, rights TEXT, whole INTEGER, place INTEGER,
  body BLOB) WITHOUT ROWID;
CREATE TABLE indexed (asset_id TEXT PRIMARY KEY, revision INTEGER, version INTEGER, deleted INTEGER, rights TEXT,
  source TEXT, indexed_ms INTEGER, problem TEXT) WITHOUT ROWID;
CREATE TABLE dead (asset_id TEXT, revision INTEGER, reason TEXT, timestamp_ms INTEGER,
  PRIMARY KEY (asset_id, revision)) WITHOUT ROWID;
CREATE TABLE sent (asset_id TEXT PRIMARY KEY, revision INTEGER, deleted INTEGER, version INTEGER) WITHOUT ROWID;
"""
_ONE_LISTED = "SELECT asset_id, revision, rights, whole, place FROM listed WHERE asset_id = ?"
_PAIRS = """
SELECT l.asset_id, l.revision, l.rights, l.whole, l.place,
  i.asset_id, i.revision, i.version, i.deleted, i.rights, i.source, i.indexed_ms, i.problem
FROM listed l LEFT JOIN indexed i USING (asset_id) ORDER BY l.asset_id
"""
_UNLISTED = """
SELECT i.* FROM indexed i LEFT JOIN listed l USING (asset_id)
WHERE l.asset_id IS NULL AND i.deleted = 0 AND (? IS NULL OR i.source = ?) ORDER BY i.asset_id
"""


class Ledger:
    """What the list, the index and the dead letters tell of each asset. One thread uses it.

    Args:
        database: As `opened_ledger` makes it.
        keep_bodies: Keep whole assets too, to make events of them.
    """

    def __init__(self, database: sqlite3.Connection, *, keep_bodies: bool) -> None:
        self._database = database
        self._keep_bodies = keep_bodies

    def add_listed(self, listed: Listed, asset: AssetChanged | None) -> Listed | None:
        """Note an asset of the list; returns what is noted already where it is told a second time.

        Of two the greater revision stays, and of two with the same the whole one.
        """
        row = (*_listed_row(listed), self._body(asset))
        if self._run("INSERT OR IGNORE INTO listed VALUES (?, ?, ?, ?, ?, ?)", row).rowcount:
            return None
        before = _listed(self._one(_ONE_LISTED, (listed.asset_id,)))
        if (listed.revision, listed.whole) > (before.revision, before.whole):
            self._run("REPLACE INTO listed VALUES (?, ?, ?, ?, ?, ?)", row)
        return before

    def add_indexed(self, found: Iterable[Indexed]) -> None:
        """Note what the index holds."""
        self._run_many("REPLACE INTO indexed VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [_indexed_row(one) for one in found])

    def add_dead(self, dead: Dead) -> None:
        """Note a dead letter; of several with the same revision the last one stays."""
        self._run(
            "REPLACE INTO dead VALUES (?, ?, ?, ?)", (dead.asset_id, dead.revision, dead.reason, dead.timestamp_ms)
        )

    def listed_pairs(self) -> Iterator[tuple[Listed, Indexed | None]]:
        """Yield every listed asset with what the index holds of it, by asset id."""
        for row in self._rows(_PAIRS, ()):
            yield _listed(row[:5]), None if row[5] is None else _indexed(row[5:])

    def unlisted(self, source: str | None) -> Iterator[Indexed]:
        """Yield what lives in the index and is not listed, by asset id.

        Args:
            source: Only of this event source; of every one where none is given.
        """
        for row in self._rows(_UNLISTED, (source, source)):
            yield _indexed(row)

    def dead_of(self, listed: Listed) -> Dead | None:
        """Return the letter of the greatest revision, not below the listed one, or of an event that cannot be read."""
        sql = (
            "SELECT asset_id, revision, reason, timestamp_ms FROM dead WHERE asset_id = ? "
            "AND (revision = 0 OR revision >= ?) ORDER BY revision DESC LIMIT 1"
        )
        row = self._one(sql, (listed.asset_id, listed.revision))
        return Dead(*row) if row else None

    def asset(self, asset_id: str) -> AssetChanged | None:
        """Return the whole asset as it is listed; none where it is not known."""
        row = self._one("SELECT body FROM listed WHERE asset_id = ?", (asset_id,))
        return AssetChanged.model_validate_json(row[0]) if row and row[0] else None

    def counts(self, source: str | None) -> tuple[int, int]:
        """Return how many assets are listed, and how many live in the index (of a source, where one is given)."""
        listed = self._one("SELECT count(*) FROM listed", ())[0]
        living = self._one(
            "SELECT count(*) FROM indexed WHERE deleted = 0 AND (? IS NULL OR source = ?)", (source, source)
        )[0]
        return listed, living

    def sources(self) -> list[str]:
        """Return the event sources of what lives in the index; two at most."""
        sql = "SELECT DISTINCT source FROM indexed WHERE deleted = 0 AND source IS NOT NULL LIMIT 2"
        return [row[0] for row in self._rows(sql, ())]

    def add_sent(self, asset_id: str, revision: int, *, deleted: bool) -> None:
        """Note a repair that Kafka acknowledged."""
        row = self._one("SELECT version FROM indexed WHERE asset_id = ?", (asset_id,))
        self._run("REPLACE INTO sent VALUES (?, ?, ?, ?)", (asset_id, revision, deleted, row[0] if row else 0))

    def sent(self, after: str, most: int) -> list[Sent]:
        """Return repairs that are waited for, by asset id, after an id."""
        sql = "SELECT * FROM sent WHERE asset_id > ? ORDER BY asset_id LIMIT ?"
        rows = self._rows(sql, (after, most))
        return [Sent(asset_id, revision, bool(deleted), version) for asset_id, revision, deleted, version in rows]

    def drop_sent(self, asset_id: str, revision: int) -> int:
        """Wait for a repair no longer; returns 1 where it was waited for, else 0.

        Args:
            asset_id: Of which asset.
            revision: At which revision; 0 stands for any.
        """
        sql = "DELETE FROM sent WHERE asset_id = ? AND (revision = ? OR ? = 0)"
        return self._run(sql, (asset_id, revision, revision)).rowcount

    def count_sent(self) -> int:
        """Return how many repairs are waited for."""
        return int(self._one("SELECT count(*) FROM sent", ())[0])

    def _body(self, asset: AssetChanged | None) -> bytes | None:
        return asset.model_dump_json().encode() if asset is not None and self._keep_bodies else None

    def _run(self, sql: str, row: Sequence[Any]) -> sqlite3.Cursor:
        with _told():
            return self._database.execute(sql, row)

    def _run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with _told():
            self._database.executemany(sql, rows)

    def _one(self, sql: str, row: Sequence[Any]) -> Any:
        with _told():
            return self._database.execute(sql, row).fetchone()

    def _rows(self, sql: str, row: Sequence[Any]) -> Iterator[Any]:
        with _told():
            yield from self._database.execute(sql, row)


@contextmanager
def opened_ledger(*, keep_bodies: bool = False) -> Iterator[Ledger]:
    """An empty ledger, gone when the block ends.

    Args:
        keep_bodies: Keep whole assets too, to make events of them.
    """
    with tempfile.TemporaryDirectory(prefix="damsight-reconcile-") as folder:
        database = sqlite3.connect(Path(folder) / "ledger.sqlite")
        try:
            database.executescript(_SCHEMA)
            yield Ledger(database, keep_bodies=keep_bodies)
        finally:
            database.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CatalogueError(
            f"the temporary file of the comparison cannot be used: {error}. It takes about 300 bytes an asset, and "
            f"with --repair the size of the list too; set TMPDIR to a folder with room."
        ) from error


def _listed_row(listed: Listed) -> tuple[Any, ...]:
    return (listed.asset_id, listed.revision, listed.rights, listed.whole, listed.place)


def _listed(row: Sequence[Any]) -> Listed:
    asset_id, revision, rights, whole, place = row
    return Listed(asset_id, revision, rights, bool(whole), place)


def _indexed_row(one: Indexed) -> tuple[Any, ...]:
    problem = one.problem.model_dump_json() if one.problem else None
    return (
        one.asset_id, one.revision, one.version, one.deleted, one.rights, one.source, one.indexed_ms, problem
    )  # fmt: skip


def _indexed(row: Sequence[Any]) -> Indexed:
    asset_id, revision, version, deleted, rights, source, indexed_ms, problem = row
    told = Problem.model_validate(orjson.loads(problem)) if problem else None
    return Indexed(asset_id, revision, version, bool(deleted), rights, source, indexed_ms, told)
