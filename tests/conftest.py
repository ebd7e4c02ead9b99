"""What every test may ask for."""

from collections.abc import Iterator

import pytest

from damsight_devstack import Stack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real Kafka and a real Elasticsearch for the whole session; they end with it, however it ends."""
    with running_stack() as running:
        yield running
