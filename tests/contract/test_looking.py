"""Searches by what is shown and heard, over both indices."""

from collections.abc import Iterator

import pytest

from contract.looking_contract import LookingContract
from contract.search_service_contract import Shelf
from damsight_devstack import Stack
from fakes.media_library import MEDIA_SPACES, media_library
from fakes.real_index import real_index
from fakes.shelf import MemoryShelf


class TestLookingInMemory(LookingContract):
    @pytest.fixture
    def shelf(self) -> Shelf:
        return MemoryShelf.holding(MEDIA_SPACES, media_library())


@pytest.fixture(scope="module")
def real_shelf(stack: Stack) -> Iterator[Shelf]:
    with real_index(stack.elasticsearch_url, MEDIA_SPACES) as real:
        real.store(media_library())
        yield real


@pytest.mark.integration
class TestLookingInElasticsearch(LookingContract):
    @pytest.fixture
    def shelf(self, real_shelf: Shelf) -> Shelf:
        return real_shelf
