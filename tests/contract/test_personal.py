"""Personal ranking is the same in memory and on a real Elasticsearch."""

from collections.abc import Iterator

import pytest

from contract.personal_contract import PersonalContract
from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from damsight_search.ports import SearchIndex
from fakes.library import library
from fakes.real_index import real_index
from fakes.search_index import FakeIndex


class TestPersonalInMemory(PersonalContract):
    @pytest.fixture
    def index(self) -> SearchIndex:
        index = FakeIndex(SPACES)
        index.documents = library()
        return index


@pytest.fixture(scope="module")
def stored_library(stack: Stack) -> Iterator[SearchIndex]:
    with real_index(stack.elasticsearch_url, SPACES) as real:
        real.store(library())
        yield real.index


@pytest.mark.integration
class TestPersonalOnElasticsearch(PersonalContract):
    @pytest.fixture
    def index(self, stored_library: SearchIndex) -> SearchIndex:
        return stored_library
