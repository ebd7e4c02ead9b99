"""What every document writer does: the fake and Elasticsearch alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from damsight_consumer.compose import NOTHING_FOUND, compose
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.index_guard import IndexGuard
from damsight_consumer.plan import version_of
from damsight_consumer.ports import Answer, DocumentWriter, Versioned
from damsight_consumer.write import BulkWriter
from damsight_encoders.load import spaces_of_encoders
from damsight_index.connection import connect
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.events import AssetEvent
from drivers.consumer_bench import ConsumerBench
from examples.assets import changed_event, deleted_event
from fakes.document_writer import FakeWriter


@dataclass
class Subject:
    """A writer, how to look at what it stored, and one of its kind whose index does not answer."""

    writer: DocumentWriter
    stored: Callable[[str], dict[str, Any] | None]
    unreachable: DocumentWriter


@pytest.fixture(params=["fake", pytest.param("elasticsearch", marks=pytest.mark.integration)])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "fake":
        writer, away = FakeWriter(), FakeWriter()
        away.troubles = 1_000_000
        yield Subject(writer, writer.documents.get, away)
        return
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    nowhere = connect(ElasticsearchSettings(url="http://127.0.0.1:9", timeout_s=1))
    alias = bench.settings.index.write_alias
    guard = IndexGuard(bench.client, alias, spaces_of_encoders(bench.encoders))
    yield Subject(BulkWriter(bench.client, alias, guard=guard), bench.stored, BulkWriter(nowhere, alias))
    nowhere.close()
    bench.close()


def document(event: AssetEvent, **more: object) -> Versioned:
    body = compose(event, NOTHING_FOUND, indexed_at="2026-11-21T08:00:00Z") | more
    return Versioned(event.data.asset_id, version_of(event), orjson.dumps(body))


def answers(subject: Subject, *documents: Versioned) -> list[Answer]:
    return [verdict.answer for verdict in subject.writer.write(documents)]


def test_a_new_document_is_stored_as_it_is(subject: Subject) -> None:
    """Every field comes back."""
    event = changed_event("a", 1, title="A title", tags=["x", "y"], attributes={"n": 1})
    assert answers(subject, document(event)) == [Answer.STORED]
    assert subject.stored("a") == compose(event, NOTHING_FOUND, indexed_at="2026-11-21T08:00:00Z")


def test_the_newest_revision_wins_in_any_order(subject: Subject) -> None:
    """Older and equal ones are answered with ALREADY and change nothing."""
    assert answers(subject, document(changed_event("a", 2, title="two"))) == [Answer.STORED]
    assert answers(subject, document(changed_event("a", 1, title="one"))) == [Answer.ALREADY]
    assert answers(subject, document(changed_event("a", 2, title="again"))) == [Answer.ALREADY]
    assert answers(subject, document(changed_event("a", 3, title="three"))) == [Answer.STORED]
    assert (subject.stored("a") or {})["title"] == "three"


def test_deleted_stays_deleted(subject: Subject) -> None:
    """A tombstone beats an update of its own revision; only a newer revision brings the asset back."""
    assert answers(subject, document(changed_event("a", 2)), document(deleted_event("b", 5))) == [Answer.STORED] * 2
    assert answers(subject, document(deleted_event("a", 2))) == [Answer.STORED]
    assert answers(subject, document(changed_event("a", 2)), document(changed_event("b", 4))) == [Answer.ALREADY] * 2
    assert subject.stored("a") == {"asset_id": "a", "revision": 2, "deleted": True, "acl": []}
    assert answers(subject, document(changed_event("a", 3))) == [Answer.STORED]


def test_one_bad_document_fails_alone(subject: Subject) -> None:
    """What the mapping refuses is rejected with the reason; its neighbours in the bulk are stored."""
    good = [document(changed_event(name)) for name in "abc"]
    bad = document(changed_event("bad"), unknown_field=1)
    verdicts = subject.writer.write([good[0], bad, good[1], good[2]])
    assert [verdict.answer for verdict in verdicts] == [
        Answer.STORED, Answer.REJECTED, Answer.STORED, Answer.STORED,
    ]  # fmt: skip
    assert verdicts[1].error == "strict_dynamic_mapping_exception"
    assert "unknown" in verdicts[1].message
    assert subject.stored("bad") is None


def test_two_documents_of_one_asset_in_a_bulk_keep_the_newest(subject: Subject) -> None:
    """Whatever their order in it."""
    assert answers(subject, document(changed_event("a", 2)), document(changed_event("a", 1))) == [
        Answer.STORED, Answer.ALREADY,
    ]  # fmt: skip


def test_an_index_that_does_not_answer_is_trouble_for_all(subject: Subject) -> None:
    """Nothing is known of any document then."""
    with pytest.raises(IndexUnavailableError):
        subject.unreachable.write([document(changed_event())])


@pytest.mark.integration
def test_a_line_that_fails_the_whole_request_is_found_and_rejected_alone(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Elasticsearch answers 400 to a bulk with one bad version; it is halved until the bad one stands alone."""
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    documents = [document(changed_event(f"a{number}")) for number in range(9)]
    documents[4] = Versioned("bad", -1, documents[4].body)
    verdicts = BulkWriter(bench.client, bench.settings.index.write_alias).write(documents)
    bench.close()
    assert [verdict.answer for verdict in verdicts] == [Answer.STORED] * 4 + [Answer.REJECTED] + [Answer.STORED] * 4
    assert verdicts[4].message


@pytest.mark.integration
def test_without_the_alias_nothing_is_created(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A write to an alias that is gone is put off: it must never make an index with a guessed mapping."""
    bench = ConsumerBench(request.getfixturevalue("stack"), tmp_path)
    verdicts = BulkWriter(bench.client, f"{bench.topic}-gone").write([document(changed_event())])
    exists = bench.client.indices.exists(index=f"{bench.topic}-gone")
    bench.close()
    assert [verdict.answer for verdict in verdicts] == [Answer.LATER]
    assert not exists
