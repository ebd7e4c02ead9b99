"""damsight index on a real Elasticsearch."""

import json
import uuid
from collections.abc import Iterator

import orjson
import pytest
from typer.testing import CliRunner

from damsight_cli import index
from damsight_consumer.errors import IndexNotReadyError
from damsight_consumer.ports import Answer, Versioned
from damsight_consumer.write import BulkWriter, require_index
from damsight_devstack import Stack
from damsight_index import connect, create_generation
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from damsight_schemas.document import AssetDocument
from damsight_schemas.space import IndexSpaces, Space

RUNNER = CliRunner()
pytestmark = pytest.mark.integration


@pytest.fixture
def environment(stack: Stack) -> Iterator[dict[str, str]]:
    alias = f"test-{uuid.uuid4().hex[:12]}"
    yield {"DAMSIGHT_ELASTICSEARCH__URL": stack.elasticsearch_url, "DAMSIGHT_INDEX__ALIAS": alias, "COLUMNS": "200"}
    client = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
    client.indices.delete(index=f"{alias}-000001,{alias}-000002", ignore_unavailable=True)
    client.close()


def test_generations_are_created_switched_and_rolled_back(environment: dict[str, str]) -> None:
    """create, create --generation, cutover, rollback and status, each telling what is live."""
    alias = environment["DAMSIGHT_INDEX__ALIAS"]

    def run(*given: str) -> list[dict[str, object]]:
        done = RUNNER.invoke(index.app, [*given, "--json"], env=environment)
        assert done.exit_code == 0, done.output
        told: list[dict[str, object]] = json.loads(done.output)
        return told

    assert RUNNER.invoke(index.app, ["status"], env=environment).exit_code == 1
    assert run("create", "--without-vectors")[0]["live"] is True
    assert run("create", "--without-vectors", "--generation")[0]["live"] is False
    assert run("cutover")[0]["name"] == f"{alias}-000002"
    assert [one["live"] for one in run("status")] == [False, True]
    assert run("rollback")[0]["name"] == f"{alias}-000001"
    told = RUNNER.invoke(index.app, ["status"], env=environment).output
    assert f"{alias}-000001" in told
    assert "live" in told


def test_a_generation_beside_the_live_one_is_filled_by_its_own_name(environment: dict[str, str]) -> None:
    """Another model's vectors go into the new generation alone, and are what is read after the cutover."""
    alias = environment["DAMSIGHT_INDEX__ALIAS"]
    assert RUNNER.invoke(index.app, ["create", "--without-vectors"], env=environment).exit_code == 0
    space = Space(model="other", revision="1", dimensions=4, modalities=("text",))
    spaces = IndexSpaces(caption_vector=space)
    client = connect(ElasticsearchSettings(url=environment["DAMSIGHT_ELASTICSEARCH__URL"], timeout_s=60))
    try:
        made = create_generation(client, IndexSettings(alias=alias), spaces)
        with pytest.raises(IndexNotReadyError, match="other@1"):
            require_index(client, IndexSettings(alias=alias).write_alias, spaces)
        filled = IndexSettings(alias=made.name).write_alias
        require_index(client, filled, spaces)
        document = AssetDocument(asset_id="a", revision=1, title="By the new model").body()
        verdicts = BulkWriter(client, filled).write([Versioned("a", 4096, orjson.dumps(document))])
        assert [verdict.answer for verdict in verdicts] == [Answer.STORED]
        client.indices.refresh(index=filled)
        assert client.count(index=alias)["count"] == 0
        assert RUNNER.invoke(index.app, ["cutover"], env=environment).exit_code == 0
        assert client.count(index=alias)["count"] == 1
        require_index(client, IndexSettings(alias=alias).write_alias, spaces)
    finally:
        client.close()


def test_creating_a_generation_tells_how_to_fill_it(environment: dict[str, str]) -> None:
    """Nobody is left with an empty index and no next step."""
    RUNNER.invoke(index.app, ["create", "--without-vectors"], env=environment)
    told = RUNNER.invoke(index.app, ["create", "--without-vectors", "--generation"], env=environment).output
    assert f"DAMSIGHT_INDEX__ALIAS={environment['DAMSIGHT_INDEX__ALIAS']}-000002" in told
    assert "damsight index cutover" in told
