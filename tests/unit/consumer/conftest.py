"""A workshop for every test of the consumer."""

from collections.abc import Iterator

import pytest

from fakes.workshop import Workshop


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.writer.gate.set()
