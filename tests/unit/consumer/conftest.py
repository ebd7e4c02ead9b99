"""A workshop for every test of the consumer."""

from collections.abc import Iterator

import pytest

from fakes.every_encoder import every_encoder
from fakes.workshop import Workshop


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.writer.gate.set()


@pytest.fixture
def rich(workshop: Workshop) -> Workshop:
    """A workshop with every encoder."""
    workshop.encoders = every_encoder()
    return workshop
