"""Duplicates are told alike in memory and on a real Elasticsearch."""

from collections.abc import Iterator
from typing import Any

import pytest

from contract.duplicates_contract import DuplicatesContract, shelf
from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from fakes.real_index import real_index
from fakes.search_index import FakeIndex


class FakeShelf:
    def __init__(self) -> None:
        self.index = FakeIndex(SPACES)

    def store(self, documents: dict[str, dict[str, Any]]) -> None:
        self.index.documents.update(documents)


class TestDuplicatesInMemory(DuplicatesContract):
    @pytest.fixture
    def shelved(self) -> FakeShelf:
        held = FakeShelf()
        held.store(shelf())
        return held


@pytest.mark.integration
class TestDuplicatesOnElasticsearch(DuplicatesContract):
    @pytest.fixture
    def shelved(self, stack: Stack) -> Iterator[Any]:
        with real_index(stack.elasticsearch_url, SPACES) as real:
            real.store(shelf())
            yield real
