"""Filters mean the same in memory and on a real Elasticsearch."""

from collections.abc import Iterator

import pytest

from contract.filters_contract import ASSETS, FiltersContract
from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from damsight_search.ports import SearchIndex
from fakes.real_index import real_index
from fakes.search_index import FakeIndex


class TestFiltersInMemory(FiltersContract):
    @pytest.fixture
    def index(self) -> SearchIndex:
        index = FakeIndex(SPACES)
        index.documents = ASSETS
        return index


@pytest.fixture(scope="module")
def stored_assets(stack: Stack) -> Iterator[SearchIndex]:
    with real_index(stack.elasticsearch_url, SPACES) as real:
        real.store(ASSETS)
        yield real.index


@pytest.mark.integration
class TestFiltersOnElasticsearch(FiltersContract):
    @pytest.fixture
    def index(self, stored_assets: SearchIndex) -> SearchIndex:
        return stored_assets
