"""The proxy that faults are made with: what it does to a client, and what it leaves undone behind it."""

from collections.abc import Iterator
from typing import Any

import pytest
from elastic_transport import ConnectionError as Unreachable
from elasticsearch import ApiError, Elasticsearch

from damsight_devstack import Stack
from damsight_index.connection import connect
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.space import IndexSpaces
from drivers.faulty_index import Faults, FaultyIndex
from fakes.real_index import RealIndex, real_index

pytestmark = pytest.mark.integration


@pytest.fixture
def library(stack: Stack) -> Iterator[RealIndex]:
    with real_index(stack.elasticsearch_url, IndexSpaces()) as made:
        yield made


@pytest.fixture
def proxy(stack: Stack) -> Iterator[FaultyIndex]:
    with FaultyIndex(stack.elasticsearch_url, seed=7) as made:
        yield made


@pytest.fixture
def client(proxy: FaultyIndex) -> Iterator[Elasticsearch]:
    made = connect(ElasticsearchSettings(url=proxy.url, timeout_s=60))
    yield made
    made.close()


def bulk(client: Elasticsearch, library: RealIndex, count: int, *, title: str = "A title") -> list[dict[str, Any]]:
    """Send documents 0 to count - 1, and return what is told of each."""
    operations: list[dict[str, Any]] = []
    for number in range(count):
        document = {"asset_id": str(number), "revision": 1, "deleted": False, "title": title}
        operations += [{"index": {"_id": str(number)}}, document]
    answer = client.bulk(index=library.settings.write_alias, operations=operations, refresh=True)
    return [item["index"] for item in answer["items"]]


def stored(library: RealIndex) -> set[str]:
    found = library.client.search(index=library.settings.write_alias, size=1000, source=False)
    return {hit["_id"] for hit in found["hits"]["hits"]}


def test_without_faults_everything_passes(client: Elasticsearch, library: RealIndex, proxy: FaultyIndex) -> None:
    """It is only counted."""
    assert [item["status"] for item in bulk(client, library, 3)] == [201] * 3
    assert stored(library) == {"0", "1", "2"}
    assert proxy.counts() == {"requests": 1}


def test_items_that_it_refuses_never_reach_the_index(
    client: Elasticsearch, library: RealIndex, proxy: FaultyIndex
) -> None:
    """Each item has its own answer at its own place, and the index holds exactly those that were answered with 201."""
    with proxy.suffering(Faults(item_errors=0.4)):
        items = bulk(client, library, 40)
    assert [item["_id"] for item in items] == [str(number) for number in range(40)]
    assert {item["status"] for item in items} == {201, 429, 503}
    assert stored(library) == {item["_id"] for item in items if item["status"] == 201}
    assert proxy.counts()["item_errors"] == 40 - len(stored(library))


def test_a_read_only_index_takes_nothing(client: Elasticsearch, library: RealIndex, proxy: FaultyIndex) -> None:
    """Each item is answered with 403, in a bulk that is answered with 200."""
    with proxy.suffering(Faults(read_only=True)):
        items = bulk(client, library, 2)
    assert [(item["status"], item["error"]["type"]) for item in items] == [(403, "cluster_block_exception")] * 2
    assert stored(library) == set()


def test_an_answer_is_lost_after_the_bulk_was_applied(
    client: Elasticsearch, library: RealIndex, proxy: FaultyIndex
) -> None:
    """The client sees a broken connection, and the documents are there."""
    with proxy.suffering(Faults(lost_answers=1.0, only="_bulk")), pytest.raises(Unreachable):
        bulk(client, library, 2)
    assert stored(library) == {"0", "1"}
    assert proxy.counts()["lost_answers"] == 1


@pytest.mark.parametrize(
    ("faults", "status"),
    [(Faults(overloaded=1.0), 429), (Faults(unavailable=1.0), 503), (Faults(too_large_bytes=9), 413)],
)
def test_a_request_is_refused_as_a_whole(
    client: Elasticsearch, library: RealIndex, proxy: FaultyIndex, faults: Faults, status: int
) -> None:
    """With the status that Elasticsearch would give; nothing reaches it."""
    with proxy.suffering(faults), pytest.raises(ApiError) as refused:
        bulk(client, library, 2)
    assert refused.value.status_code == status
    assert stored(library) == set()


def test_connections_are_refused_and_accepted_again_at_the_same_address(
    client: Elasticsearch, library: RealIndex, proxy: FaultyIndex
) -> None:
    """Connections that are open are cut too."""
    bulk(client, library, 1)
    with proxy.suffering(Faults(refused=True)):
        for _ in range(2):
            with pytest.raises(Unreachable):
                bulk(client, library, 2)
    with proxy.suffering(Faults(reset=1.0)), pytest.raises(Unreachable):
        bulk(client, library, 2)
    assert stored(library) == {"0"}
    assert [item["status"] for item in bulk(client, library, 2)] == [200, 201]
