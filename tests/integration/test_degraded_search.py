"""A part of the index lost, and Elasticsearch slow: real faults, and answers that are right for what is left."""

import shutil
from collections.abc import Iterator

import pytest

from contract.reach_contract import RED, SEEN, by_words, counts, tags_of
from contract.search_index_contract import SPACES
from contract.search_service_contract import PRESS, everything, picture_of, service_over
from damsight_devstack import Stack
from damsight_index import connect
from damsight_schemas.connections import ElasticsearchSettings
from damsight_schemas.search import SearchRequest, Sort
from damsight_search.errors import SearchTimeoutError
from damsight_search.index import ElasticsearchIndex
from drivers.faulty_index import Faults, FaultyIndex
from fakes.library import library
from fakes.real_index import RealIndex, real_index

pytestmark = pytest.mark.integration


def lose(real: RealIndex, stack: Stack, *, shard: int) -> None:
    """Take a shard's files away, and have the server look for them: there is no other copy."""
    (name,) = real.client.indices.get(index=real.settings.alias).body
    real.client.indices.flush(index=name)
    identity = real.client.indices.get_settings(index=name)[name]["settings"]["index"]["uuid"]
    (files,) = stack.folder.glob(f"**/indices/{identity}/{shard}")
    shutil.rmtree(files)
    (node,) = real.client.nodes.info()["nodes"]
    real.client.cluster.reroute(
        commands=[{"cancel": {"index": name, "shard": shard, "node": node, "allow_primary": True}}]
    )
    real.client.cluster.health(index=name, wait_for_no_initializing_shards=True, timeout="120s")


@pytest.fixture(scope="module")
def halved(stack: Stack) -> Iterator[RealIndex]:
    """The library in two parts, of which one is lost."""
    with real_index(stack.elasticsearch_url, SPACES, shards=2) as real:
        real.store(library())
        lose(real, stack, shard=1)
        yield real


@pytest.mark.parametrize(
    ("request_", "by_picture"),
    [
        (SearchRequest(text="picture", size=5), False),
        (SearchRequest(text="picture", size=5, sort=Sort(by="title")), False),
        (SearchRequest(size=5), True),
        (SearchRequest(size=5), False),
    ],
    ids=["all legs", "sorted", "picture", "browsed"],
)
def test_with_a_part_lost_the_answer_is_right_for_the_rest(
    halved: RealIndex, request_: SearchRequest, by_picture: bool
) -> None:
    """Every page says so, the total is "at least", facets are not told of "all", and paging still ends once."""
    service = service_over(halved.index)
    pictures = [picture_of("red")] if by_picture else []
    asked = request_.model_copy(update={"facets": ["tags"]})
    first = service.search(asked, PRESS, pictures)
    assert "1 of 2 parts of the index" in first.degraded[0]
    assert first.total.relation == "gte"
    found = everything(service, request_, PRESS, pictures=pictures)
    assert len(found) == len(set(found)) == first.total.value
    assert set(found) < set(SEEN)
    assert first.facets["tags"].bound == "window"
    assert counts(first.facets["tags"]) == tags_of([SEEN[one] for one in found])
    second = service.search(asked.model_copy(update={"cursor": first.cursor}), PRESS)
    assert "1 of 2 parts of the index" in second.degraded[0]


def test_siblings_of_a_chosen_facet_are_of_what_is_left_too(halved: RealIndex) -> None:
    """Counts that were made without a part never claim to be whole."""
    answer = by_words(halved.index).search(SearchRequest(text="picture", facets=["tags"], filters=[RED]), PRESS)
    assert answer.facets["tags"].bound == "window"
    assert sum(counts(answer.facets["tags"]).values()) < 2 * len(SEEN)


def test_a_slow_server_is_an_error_and_then_all_is_well_again(stack: Stack) -> None:
    """What does not end in time is never an empty page, on the first page or a later one."""
    with real_index(stack.elasticsearch_url, SPACES) as real, FaultyIndex(stack.elasticsearch_url) as proxy:
        real.store(library())
        client = connect(ElasticsearchSettings(url=proxy.url, timeout_s=1))
        hurried, patient = service_over(ElasticsearchIndex(client, real.settings.alias)), service_over(real.index)
        request = SearchRequest(text="picture", size=5)
        following = request.model_copy(update={"cursor": patient.search(request, PRESS).cursor})
        for asked in (request, following, SearchRequest()):
            with proxy.suffering(Faults(slow=1, slow_s=3)), pytest.raises(SearchTimeoutError):
                hurried.search(asked, PRESS)
        assert len(patient.search(following, PRESS).hits) == request.size
        client.close()
