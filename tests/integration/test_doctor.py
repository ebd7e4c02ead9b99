"""The doctor at real servers."""

from pathlib import Path

import pytest

from damsight_cli.examination.models import examine_loading
from damsight_cli.examination.servers import examine_elasticsearch, examine_kafka
from damsight_devstack import Stack
from damsight_index import connect, create_index, generations
from damsight_publisher.kafka_sink import prepare_topic
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings, KafkaSettings, ModelSettings
from damsight_schemas.space import IndexSpaces, Space
from damsight_schemas.topics import ASSETS

pytestmark = pytest.mark.integration
STARTER = Path(__file__).parents[2] / "samples" / "starter" / "checkpoint"


def test_a_kafka_that_is_well(stack: Stack) -> None:
    """Version, brokers, cluster and our topics with their partitions are told."""
    kafka = KafkaSettings(bootstrap_servers=stack.kafka_bootstrap)
    cluster = prepare_topic(kafka, ASSETS)
    server, topics = examine_kafka(kafka, was_set=True)
    assert (server.verdict, topics.verdict) == ("ok", "ok")
    assert server.found.startswith("Kafka 4.")
    assert cluster in server.found
    assert f"{ASSETS} (" in topics.found


def test_an_elasticsearch_without_and_with_the_index(stack: Stack) -> None:
    """A missing index is a warning that names the command; a live one is told with its spaces."""
    server = ElasticsearchSettings(url=stack.elasticsearch_url)
    index = IndexSettings(alias="doctor-test")
    before, none = examine_elasticsearch(server, index, was_set=True)
    assert before[0].verdict in ("ok", "warn")
    assert "Elasticsearch 9.5.3" in before[0].found
    assert (before[1].verdict, none) == ("warn", None)
    assert "damsight index create" in before[1].advice
    space = Space(model="other", revision="1", dimensions=8, modalities=("image", "text"))
    client = connect(server)
    try:
        create_index(client, index, IndexSpaces(image_vector=space))
        after, live = examine_elasticsearch(server, index, was_set=True)
        assert (after[1].verdict, "other@1 (8 dimensions)" in after[1].found) == ("ok", True)
        assert live is not None
        mismatch = examine_loading(ModelSettings(joint=str(STARTER)), live)
        assert [finding.verdict for finding in mismatch] == ["ok", "fail"]
        assert "other@1" in mismatch[1].found
    finally:
        client.indices.delete(index=[one.name for one in generations(client, index)])
        client.close()
