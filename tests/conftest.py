"""What every test may ask for."""

import os
from collections.abc import Iterator

import pytest

from damsight_devstack import Stack, running_stack

# The quick compiler alone, for every server that a test starts: a node of Elasticsearch starts with 9 instead of 16
# CPU-seconds, and with its first 8,000 documents and 240 searches takes 17 instead of 30. None lives long enough for
# the optimising compiler to earn that back.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real Kafka and a real Elasticsearch for the whole session; they end with it, however it ends."""
    with running_stack() as running:
        yield running
