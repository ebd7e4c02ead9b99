"""The bulk writer on a real Elasticsearch that misbehaves: what is taken, what is put off, and what it learns."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pytest

from damsight_consumer.bulk_size import BulkSize
from damsight_consumer.errors import IndexUnavailableError
from damsight_consumer.index_guard import IndexGuard
from damsight_consumer.ports import Answer, Versioned
from damsight_consumer.write import BulkWriter
from damsight_devstack import Stack
from damsight_index.connection import connect
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.space import IndexSpaces, Space
from drivers.faulty_index import Faults, FaultyIndex
from fakes.real_index import RealIndex, real_index

pytestmark = pytest.mark.integration

SPACES = IndexSpaces(image_vector=Space(model="m", revision="1", dimensions=128, modalities=("image",)))
MOST, LEAST = 1_000_000, 4_000


@dataclass
class Subject:
    """A writer behind a proxy, its index, and what it learned of bulks."""

    writer: BulkWriter
    unguarded: BulkWriter
    proxy: FaultyIndex
    library: RealIndex
    size: BulkSize

    def answers(self, *documents: Versioned) -> list[Answer]:
        return [verdict.answer for verdict in self.writer.write(documents)]

    def stored(self) -> set[str]:
        self.library.client.indices.refresh(index=self.library.settings.write_alias)
        found = self.library.client.search(index=self.library.settings.write_alias, size=1000, source=False)
        return {hit["_id"] for hit in found["hits"]["hits"]}


@pytest.fixture
def subject(stack: Stack) -> Iterator[Subject]:
    size = BulkSize(MOST, least=LEAST)
    with (
        real_index(stack.elasticsearch_url, SPACES) as library,
        FaultyIndex(stack.elasticsearch_url, seed=3) as proxy,
        connect(ElasticsearchSettings(url=proxy.url, timeout_s=20)) as client,
    ):
        alias = library.settings.write_alias
        guard = IndexGuard(client, alias, SPACES)
        writer = BulkWriter(client, alias, guard=guard, size=size)
        yield Subject(writer, BulkWriter(client, alias), proxy, library, size)


def document(asset_id: str, version: int = 8, **more: Any) -> Versioned:
    body = {"asset_id": asset_id, "revision": 1, "deleted": False, "acl": ["public"]} | more
    return Versioned(asset_id, version, orjson.dumps(body))


def documents(count: int, *, title: str = "A title") -> list[Versioned]:
    return [document(f"a{number}", title=title) for number in range(count)]


def packed(vector: Any) -> str:
    return base64.b64encode(np.asarray(vector).astype(">f4").tobytes()).decode()


def test_a_bad_document_of_any_kind_harms_none_of_its_neighbours(subject: Subject) -> None:
    """All bad ones in one bulk, a good one before and after each: exactly the bad ones are rejected, with a reason."""
    unit = np.full(128, 128**-0.5)
    bad = [
        Versioned("no-json", 8, b'{"asset_id": '),
        Versioned("two-lines", 8, b'{"asset_id":\n"two-lines"}'),
        Versioned("no-object", 8, b"[1, 2]"),
        Versioned("empty", 8, b""),
        Versioned("no-utf8", 8, b'{"asset_id": "\xff"}'),
        Versioned("twice", 8, b'{"asset_id": "a", "asset_id": "b"}'),
        Versioned("i" * 513, 8, document("i").body),
        document("version", -1),
        document("version-2", 2**63),
        document("unknown-field", unknown=1),
        document("too-great", revision=2**63),
        document("no-date", created_at="yesterday"),
        document("short-vector", image_vector=packed(unit[:100])),
        document("nan-vector", image_vector=packed(unit * np.nan)),
        document("zero-vector", image_vector=packed(unit * 0)),
        document("long-vector", image_vector=packed(unit * 2)),
        document("no-vector", image_vector="%%%"),
    ]
    good = documents(len(bad) + 1)
    mixed = [good[0]]
    for one, neighbour in zip(bad, good[1:], strict=True):
        mixed += (one, neighbour)
    verdicts = subject.writer.write(mixed)
    for given, verdict in zip(mixed, verdicts, strict=True):
        assert verdict.answer is (Answer.REJECTED if given in bad else Answer.STORED), (given.asset_id, verdict)
        assert bool(verdict.message) == (given in bad)
    assert subject.stored() == {one.asset_id for one in good}


def test_what_is_too_much_for_one_request_goes_in_several_and_is_learned(subject: Subject) -> None:
    """A 413 splits the bulk; later ones are cut before they are sent, so that none is refused again."""
    subject.proxy.faults = Faults(too_large_bytes=100_000)
    assert subject.answers(*documents(60, title="w" * 5000)) == [Answer.STORED] * 60
    assert subject.size.allowed() <= 100_000
    refused = subject.proxy.counts()["too_large"]
    assert refused >= 2
    assert subject.answers(*documents(60, title="w" * 5000)) == [Answer.ALREADY] * 60
    assert subject.proxy.counts()["too_large"] == refused


def test_a_document_that_is_too_large_alone_is_rejected_alone(subject: Subject) -> None:
    """Its neighbours are stored."""
    subject.proxy.faults = Faults(too_large_bytes=10_000)
    verdicts = subject.writer.write([document("a"), document("b", description="w" * 20_000), document("c")])
    assert [verdict.answer for verdict in verdicts] == [Answer.STORED, Answer.REJECTED, Answer.STORED]
    assert verdicts[1].error == "too_large"


@pytest.mark.parametrize(
    ("faults", "halved"),
    [
        (Faults(overloaded=1.0, only="_bulk"), True),
        (Faults(unavailable=1.0, only="_bulk"), False),
        (Faults(reset=1.0, only="_bulk"), False),
        (Faults(refused=True), False),
        (Faults(lost_answers=1.0, only="_alias"), False),
    ],
)
def test_a_bulk_that_comes_to_nothing_is_tried_again_whole(subject: Subject, faults: Faults, halved: bool) -> None:
    """Nothing is known then of any document; only an index that is overloaded makes bulks smaller."""
    many = documents(200, title="w" * 4000)
    with subject.proxy.suffering(faults), pytest.raises(IndexUnavailableError):
        subject.writer.write(many)
    assert (subject.size.allowed() < MOST) == halved
    assert set(subject.answers(*many)) <= {Answer.STORED, Answer.ALREADY}
    assert len(subject.stored()) == 200


def test_a_bulk_that_is_not_answered_in_time_makes_bulks_smaller(subject: Subject, stack: Stack) -> None:
    """It may have been applied all the same; the next try finds out."""
    with connect(ElasticsearchSettings(url=subject.proxy.url, timeout_s=0.5)) as hasty:
        writer = BulkWriter(hasty, subject.library.settings.write_alias, size=subject.size)
        slow = Faults(slow=1.0, slow_s=1.5, only="_bulk")
        with subject.proxy.suffering(slow), pytest.raises(IndexUnavailableError, match="in time"):
            writer.write(documents(200, title="w" * 4000))
    assert subject.size.allowed() <= MOST // 2


def test_an_answer_that_is_lost_after_the_bulk_was_applied_ends_well(subject: Subject) -> None:
    """The next try is told that the very version is there."""
    with subject.proxy.suffering(Faults(lost_answers=1.0, only="_bulk")), pytest.raises(IndexUnavailableError):
        subject.writer.write(documents(5))
    assert subject.stored() == {f"a{number}" for number in range(5)}
    assert subject.answers(*documents(5)) == [Answer.ALREADY] * 5


def test_items_that_are_put_off_are_told_one_by_one(subject: Subject) -> None:
    """Tried again until none is left, each is stored, and none is rejected on the way."""
    left, rounds = documents(200), 0
    with subject.proxy.suffering(Faults(item_errors=0.4)):
        while left:
            rounds += 1
            answered = list(zip(left, subject.answers(*left), strict=True))
            assert {answer for _, answer in answered} <= {Answer.STORED, Answer.LATER}
            left = [one for one, answer in answered if answer is Answer.LATER]
    assert rounds > 1
    assert len(subject.stored()) == 200


def test_when_a_later_bulk_fails_what_the_earlier_ones_stored_is_known(subject: Subject) -> None:
    """The rest is put off; what was answered stays answered."""
    subject.size.too_large(20_000)
    subject.proxy.faults = Faults(reset=0.3, only="_bulk")
    many = documents(100, title="w" * 1000)
    answers: list[Answer] = []
    while Answer.STORED not in answers or Answer.LATER not in answers:
        try:
            answers = subject.answers(*many)
        except IndexUnavailableError:
            continue
        many = [one for one, answer in zip(many, answers, strict=True) if answer is Answer.LATER]
        assert many, "no bulk failed"
    assert subject.stored().isdisjoint({one.asset_id for one in many})


def test_an_index_that_takes_nothing_now_has_no_document_dead_lettered(subject: Subject) -> None:
    """Read-only, closed, or an alias without a write index, which Elasticsearch answers with 400: all is put off."""
    client, alias = subject.library.client, subject.library.settings.write_alias
    (index,) = client.indices.get_alias(name=alias)
    for block in ("write", "read_only", "read_only_allow_delete"):
        client.indices.put_settings(index=index, settings={f"index.blocks.{block}": True})
        assert subject.answers(document("a")) == [Answer.LATER], block
        client.indices.put_settings(index=index, settings={f"index.blocks.{block}": None})
    client.indices.close(index=index, wait_for_active_shards="0")
    assert subject.answers(document("a")) == [Answer.LATER]
    client.indices.open(index=index)
    client.indices.update_aliases(actions=[{"add": {"index": index, "alias": alias, "is_write_index": False}}])
    assert [verdict.answer for verdict in subject.unguarded.write([document("a")])] == [Answer.LATER]
    assert subject.size.allowed() == MOST
    client.indices.update_aliases(actions=[{"add": {"index": index, "alias": alias, "is_write_index": True}}])
    client.cluster.health(index=index, wait_for_active_shards=1, timeout="120s")
    assert subject.answers(document("a")) == [Answer.STORED]
