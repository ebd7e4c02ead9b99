"""Any order of arrival, on a real index: events again, late, or before what they follow, and an index that forgets."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from damsight_consumer.compose import NOTHING_FOUND, compose
from damsight_consumer.plan import version_of
from damsight_consumer.ports import Versioned
from damsight_consumer.write import BulkWriter
from damsight_devstack import Stack
from damsight_encoders.load import spaces_of_encoders
from damsight_index.connection import connect
from damsight_index.generations import create_index
from damsight_index.names import generation_name
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from fakes.encoders import fake_encoders
from faults.comparison import compare
from faults.history import Change, newest
from faults.stored import read_all

pytestmark = pytest.mark.integration
ALIAS = "arrivals"
INDEX = generation_name(ALIAS, 1)
CHANGES = st.builds(Change, st.sampled_from(["a", "b", "c"]), st.integers(1, 4), st.booleans(), created=st.booleans())


@pytest.fixture
def client(stack: Stack) -> Iterator[Elasticsearch]:
    """An index that forgets deletions at once."""
    made = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
    create_index(made, IndexSettings(alias=ALIAS), spaces_of_encoders(fake_encoders()))
    made.indices.put_settings(index=INDEX, settings={"index.gc_deletes": "0s"})
    yield made
    made.indices.delete(index=INDEX)
    made.close()


def test_whatever_the_order_the_newest_revision_wins(client: Elasticsearch) -> None:
    """Bulks of events in any order, with flushes, merges, and an index that is closed and opened between them."""
    runs = itertools.count()

    class Arrivals(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.told: list[Change] = []
            self.prefix = f"run-{next(runs)}-"
            self.writer = BulkWriter(client, f"{ALIAS}-write")

        @rule(changes=st.lists(CHANGES, min_size=1, max_size=6))
        def arrive(self, changes: list[Change]) -> None:
            ours = [replace(change, asset_id=self.prefix + change.asset_id) for change in changes]
            self.writer.write([_versioned(change) for change in ours])
            self.told += ours

        @rule(seed=st.integers(0, 10**6))
        def arrive_again(self, seed: int) -> None:
            again = random.Random(seed).choices(self.told, k=3) if self.told else []  # noqa: S311  a seeded test
            if again:
                self.writer.write([_versioned(change) for change in again])

        @rule()
        def forget(self) -> None:
            client.indices.forcemerge(index=INDEX, max_num_segments=1)

        @rule()
        def reopen(self) -> None:
            client.indices.close(index=INDEX)
            client.indices.open(index=INDEX, wait_for_active_shards=1)

        def teardown(self) -> None:
            stored = read_all(client, INDEX, vectors=False)
            ours = {asset_id: document for asset_id, document in stored.items() if asset_id.startswith(self.prefix)}
            found = compare(newest(self.told), ours, None)
            assert found.is_clean, found

    run_state_machine_as_test(
        Arrivals,
        settings=settings(
            max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def _versioned(change: Change) -> Versioned:
    event = change.event()
    body = orjson.dumps(compose(event, NOTHING_FOUND, indexed_at="2026-11-21T08:00:00Z"))
    return Versioned(change.asset_id, version_of(event), body)
