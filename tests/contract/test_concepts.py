"""Concepts are the same in memory and on a real Elasticsearch."""

from collections.abc import Iterator

import pytest

from contract.concepts_contract import ConceptsContract, shelf
from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from damsight_search.ports import SearchIndex
from fakes.real_index import real_index
from fakes.search_index import FakeIndex


class TestConceptsInMemory(ConceptsContract):
    @pytest.fixture
    def index(self) -> SearchIndex:
        index = FakeIndex(SPACES)
        index.documents = shelf()
        return index


@pytest.fixture(scope="module")
def stored_shelf(stack: Stack) -> Iterator[SearchIndex]:
    with real_index(stack.elasticsearch_url, SPACES) as real:
        real.store(shelf())
        yield real.index


@pytest.mark.integration
class TestConceptsOnElasticsearch(ConceptsContract):
    @pytest.fixture
    def index(self, stored_shelf: SearchIndex) -> SearchIndex:
        return stored_shelf
