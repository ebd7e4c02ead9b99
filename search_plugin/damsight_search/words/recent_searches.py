"""What a person searched for lately: theirs alone, bounded, theirs to delete; kept off the way of any search.

A search only notes its words in memory. A thread keeps them every few seconds; what a crash takes along is no loss.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from damsight_index.own_records import OwnRecord
from damsight_search.errors import SearchError
from damsight_search.kept_records import KeptRecords
from damsight_search.learning.feedback import person as person_of
from damsight_search.principal import Principals

KIND = "recent-search"
MOST_KEPT = 50
LONGEST = 200
"""Characters of a search that is kept; a longer one is pasted, and nobody types it again."""

MOST_PEOPLE = 1000
EVERY_S = 5.0
_READ_AGAIN_S = 30.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    texts: tuple[str, ...]
    read_at: float


@dataclass(slots=True)
class _Memory:
    noted: OrderedDict[str, list[str]] = field(default_factory=OrderedDict)
    known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)


class RecentSearches:
    """Notes, keeps and tells recent searches. Safe to call from many threads.

    Args:
        records: Where they are kept, one record for each person.
        every_s: How long noted searches wait for each other before they are kept.
    """

    def __init__(self, records: KeptRecords, *, every_s: float = EVERY_S) -> None:
        self._records = records
        self._every_s = every_s
        self._memory = _Memory()
        self._lock = threading.Lock()
        # Held while records are written, so that what is forgotten is not written again.
        self._writing = threading.Lock()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, text: str, principals: Principals) -> None:
        """Remember a search; neither waits nor fails. Strangers' are not kept."""
        person, words = person_of(principals), " ".join(text.split())
        if not person or not 0 < len(words) <= LONGEST:
            return
        with self._lock:
            noted = self._memory.noted
            if person not in noted and len(noted) >= MOST_PEOPLE:
                return
            noted[person] = merged([words], noted.get(person, []))
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_on, name="recent-searches", daemon=True)
                self._thread.start()
        self._wanted.set()

    def of(self, principals: Principals) -> tuple[str, ...]:
        """Return a person's searches, the latest first; none for a stranger, or where the records do not answer."""
        person = person_of(principals)
        if not person:
            return ()
        with self._lock:
            noted = list(self._memory.noted.get(person, []))
        return tuple(merged(noted, self._kept(person)))

    def forget(self, principals: Principals) -> int:
        """Forget all of a person's searches, and tell how many there were.

        Raises:
            SearchUnavailableError: The records do not answer.
        """
        person = person_of(principals)
        if not person:
            return 0
        with self._writing:
            record = self._records.get(KIND, _record_id(person))
            with self._lock:
                noted = self._memory.noted.pop(person, [])
                self._memory.known.pop(person, None)
            self._records.delete(KIND, _record_id(person))
        return len(merged(noted, _texts(record)))

    def keep(self) -> None:
        """Keep what was noted; a person's whose record cannot be written is dropped."""
        with self._writing:
            with self._lock:
                noted, self._memory.noted = self._memory.noted, OrderedDict()
            for person, texts in noted.items():
                try:
                    self._write(person, texts)
                except SearchError as error:
                    _log.info("recent searches are not kept: %s", error)
                    return

    def _keep_on(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(self._every_s)
            self._wanted.clear()
            self.keep()

    def _write(self, person: str, texts: Sequence[str]) -> None:
        before = _texts(self._records.get(KIND, _record_id(person)))
        told = merged(texts, before)
        self._records.put(OwnRecord(KIND, _record_id(person), owner=person, body={"texts": told}))
        self._remember(person, told)

    def _kept(self, person: str) -> tuple[str, ...]:
        with self._lock:
            known = self._memory.known.get(person)
        if known is not None and time.monotonic() - known.read_at < _READ_AGAIN_S:
            return known.texts
        try:
            texts = _texts(self._records.get(KIND, _record_id(person)))
        except SearchError:
            texts = known.texts if known is not None else ()
        self._remember(person, texts)
        return texts

    def _remember(self, person: str, texts: Sequence[str]) -> None:
        with self._lock:
            known = self._memory.known
            known[person] = _Known(tuple(texts), time.monotonic())
            known.move_to_end(person)
            if len(known) > MOST_PEOPLE:
                known.popitem(last=False)


def merged(newer: Sequence[str], older: Sequence[str]) -> list[str]:
    """Return each search once, the latest first; one that was only the beginning of the next is left out."""
    told: list[str] = []
    for text in [*newer, *older]:
        folded = text.casefold()
        if not any(one.casefold() == folded for one in told) and not (told and told[-1].casefold().startswith(folded)):
            told.append(text)
    return told[:MOST_KEPT]


def _record_id(person: str) -> str:
    # A name may be longer than an id may be.
    return sha256(person.encode()).hexdigest()


def _texts(record: OwnRecord | None) -> tuple[str, ...]:
    return tuple(record.body.get("texts", ())) if record is not None else ()
