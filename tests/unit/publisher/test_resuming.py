"""A run that ended early is gone on with: nothing missing, nothing twice, revisions that grow."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from damsight_publisher.errors import BrokerError, JournalError
from damsight_publisher.one_run import one_run
from damsight_publisher.records import PublishProgress
from examples.described_pictures import jpeg


def pictures(root: Path, count: int) -> None:
    for number in range(count):
        jpeg(root / f"{number:03d}.jpg", shade=number % 256)


def test_interrupted_and_resumed(workplace: Any) -> None:
    """After Ctrl-C the next run publishes what is missing: nothing missing, nothing twice."""
    pictures(workplace.root, 20)

    def stop(progress: PublishProgress) -> None:
        if progress.done == 7:
            raise KeyboardInterrupt

    workplace.during = stop
    first = workplace.run()
    assert first.interrupted
    assert first.published == 7
    workplace.during = lambda _progress: None
    second = workplace.run()
    assert (second.counts["created"], second.counts["unchanged"]) == (13, 7)
    assert sorted(name for _, name in workplace.sent()) == [f"{number:03d}.jpg" for number in range(20)]


def test_a_broker_that_goes_away(workplace: Any) -> None:
    """When Kafka is gone the run ends with an error; the next one publishes what was not acknowledged."""
    pictures(workplace.root, 10)
    workplace.sink.breaks_after = 4
    with pytest.raises(BrokerError):
        workplace.run()
    workplace.sink.breaks_after = None
    assert workplace.run().counts["created"] == 6
    assert len({name for _, name in workplace.sent()}) == 10


def test_an_unanswered_event_is_sent_again_as_it_was(workplace: Any) -> None:
    """An event that arrived though nobody heard so is sent again with the same revision and the same event id."""
    jpeg(workplace.root / "a.jpg")
    workplace.sink.breaks_after, workplace.sink.loses_receipts = 0, True
    with pytest.raises(BrokerError):
        workplace.run()
    workplace.sink.breaks_after = None
    workplace.run()
    first, again = workplace.sink.taken
    assert (first.id, first.type, first.data) == (again.id, again.type, again.data)


def test_an_unanswered_event_of_a_changed_file_is_followed_by_a_greater_one(workplace: Any) -> None:
    """A file that changed since its unanswered event gets a greater revision, never the same one with other content."""
    jpeg(workplace.root / "a.jpg")
    workplace.sink.breaks_after, workplace.sink.loses_receipts = 0, True
    with pytest.raises(BrokerError):
        workplace.run()
    workplace.sink.breaks_after = None
    jpeg(workplace.root / "a.jpg", shade=3)
    workplace.run()
    first, second = workplace.sink.taken
    assert second.data.revision > first.data.revision


def test_a_lost_journal_sends_greater_revisions(workplace: Any) -> None:
    """Without its journal the publisher sends everything again, and every revision is greater than before."""
    pictures(workplace.root, 3)
    workplace.run()
    before = {event.data.asset_id: event.data.revision for event in workplace.sink.taken}
    workplace.sink.taken.clear()
    shutil.rmtree(workplace.journal.parent)
    workplace.run()
    assert len(workplace.sink.taken) == 3
    assert all(event.data.revision > before[event.data.asset_id] for event in workplace.sink.taken)


def test_a_damaged_journal_is_told(workplace: Any) -> None:
    """A journal that is none is an error that names it and the way out."""
    workplace.journal.parent.mkdir()
    workplace.journal.write_bytes(b"no database, but long enough to be read as one" * 100)
    with pytest.raises(JournalError, match="published again, with greater revisions"):
        workplace.run()


def test_a_journal_of_another_version_is_told(workplace: Any) -> None:
    """A journal with another layout is left as it is."""
    workplace.journal.parent.mkdir()
    connection = sqlite3.connect(workplace.journal)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="layout 99"):
        workplace.run()


def test_two_runs_at_once_are_refused(workplace: Any) -> None:
    """A second run on the same source waits for nothing and says so; another source is free."""
    scope = f"{workplace.sink.scope}/press"
    with one_run(workplace.journal, scope), pytest.raises(JournalError, match="another damsight publish"):
        workplace.run()
    with one_run(workplace.journal, "other"):
        workplace.run()
