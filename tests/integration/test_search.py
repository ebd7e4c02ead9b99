"""The search on a real Elasticsearch keeps the same contract as in memory."""

from collections.abc import Iterator

import pytest

from contract.search_index_contract import SPACES
from contract.search_service_contract import SearchServiceContract, Shelf
from damsight_devstack import Stack
from fakes.library import library
from fakes.real_index import real_index


@pytest.mark.integration
class TestSearchOnElasticsearch(SearchServiceContract):
    @pytest.fixture
    def shelf(self, stack: Stack) -> Iterator[Shelf]:
        with real_index(stack.elasticsearch_url, SPACES) as real:
            real.store(library())
            yield real
