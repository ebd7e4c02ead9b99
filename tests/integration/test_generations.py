"""The index's generations on a real Elasticsearch."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from elasticsearch import Elasticsearch

from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from damsight_index import (
    connect,
    create_generation,
    create_index,
    cutover,
    generations,
    rollback,
    spaces_in,
)
from damsight_index.errors import GenerationError, IndexMissingError
from damsight_schemas.connections import ElasticsearchSettings, IndexSettings
from damsight_schemas.errors import SpaceMismatchError
from damsight_schemas.space import Space

OTHER = SPACES.model_copy(
    update={"image_vector": Space(model="other", revision="2", dimensions=64, modalities=("image", "text"))}
)

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Elasticsearch]:
    made = connect(ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60))
    yield made
    made.close()


@pytest.fixture
def settings(client: Elasticsearch) -> Iterator[IndexSettings]:
    settings = IndexSettings(alias=f"test-{uuid.uuid4().hex[:12]}")
    yield settings
    for one in generations(client, settings):
        client.indices.delete(index=one.name)


def store(client: Elasticsearch, index: str, count: int, *, deleted: int = 0) -> None:
    operations: list[dict[str, object]] = []
    for number in range(count + deleted):
        operations.append({"index": {"_index": index, "_id": str(number)}})
        operations.append({"asset_id": str(number), "revision": 1, "deleted": number >= count})
    assert not client.bulk(operations=operations, refresh=True)["errors"]


def test_the_first_generation_is_read_filtered_and_written_through(
    client: Elasticsearch, settings: IndexSettings
) -> None:
    """The read alias hides tombstones, the write alias takes them, and the spaces are told."""
    created = create_index(client, settings, SPACES)
    assert (created.name, created.live, created.writable) == (f"{settings.alias}-000001", True, True)
    store(client, settings.write_alias, 3, deleted=2)
    assert client.count(index=settings.alias)["count"] == 3
    (found,) = generations(client, settings)
    assert (found.assets, found.tombstones, found.spaces) == (3, 2, SPACES)
    assert found.size_bytes > 0
    assert spaces_in(client, settings.alias) == SPACES


def test_creating_again_changes_nothing_and_other_models_are_refused(
    client: Elasticsearch, settings: IndexSettings
) -> None:
    """Idempotent where the spaces agree; both names and the command where they do not."""
    first = create_index(client, settings, SPACES)
    assert create_index(client, settings, SPACES).name == first.name
    with pytest.raises(SpaceMismatchError, match=r"fake-joint@1.*other@2.*damsight index create --generation"):
        create_index(client, settings, OTHER)
    assert len(generations(client, settings)) == 1


def test_two_who_create_at_once_get_one_index(client: Elasticsearch, settings: IndexSettings) -> None:
    """Replicas that start together agree."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: create_index(client, settings, SPACES).name, range(4)))
    assert set(made) == {f"{settings.alias}-000001"}


def test_a_new_generation_goes_live_at_once_and_back(client: Elasticsearch, settings: IndexSettings) -> None:
    """Built beside the live one, switched atomically, rolled back; both aliases move together."""
    create_index(client, settings, SPACES)
    store(client, settings.write_alias, 2)
    second = create_generation(client, settings, OTHER)
    assert (second.number, second.live, second.writable) == (2, False, False)
    store(client, second.name, 3)
    live = cutover(client, settings)
    assert (live.name, live.live, live.writable) == (second.name, True, True)
    assert spaces_in(client, settings.alias) == OTHER
    assert client.count(index=settings.alias)["count"] == 3
    assert [(one.number, one.live, one.writable) for one in generations(client, settings)] == [
        (1, False, False),
        (2, True, True),
    ]
    assert rollback(client, settings).number == 1
    assert client.count(index=settings.alias)["count"] == 2
    with pytest.raises(GenerationError, match="nothing to roll back to"):
        rollback(client, settings)


def test_a_generation_that_is_not_filled_does_not_go_live_by_accident(
    client: Elasticsearch, settings: IndexSettings
) -> None:
    """A smaller one is refused, unless it is meant."""
    create_index(client, settings, SPACES)
    store(client, settings.write_alias, 2)
    create_generation(client, settings, SPACES)
    with pytest.raises(GenerationError, match="--even-if-smaller"):
        cutover(client, settings)
    assert cutover(client, settings, even_if_smaller=True).number == 2
    with pytest.raises(GenerationError, match="damsight index status"):
        cutover(client, settings, to=f"{settings.alias}-000009")


def test_what_is_not_there_says_how_to_make_it(client: Elasticsearch, settings: IndexSettings) -> None:
    """An alias without an index, a cutover without a generation, an index in the alias's place."""
    assert generations(client, settings) == []
    with pytest.raises(IndexMissingError, match="damsight index create"):
        spaces_in(client, settings.alias)
    with pytest.raises(GenerationError, match="damsight index create"):
        cutover(client, settings)
    taken = IndexSettings(alias=f"{settings.alias}-taken")
    client.indices.create(index=taken.alias)
    try:
        with pytest.raises(GenerationError, match="DAMSIGHT_INDEX__ALIAS") as refused:
            create_index(client, taken, SPACES)
        assert taken.alias in str(refused.value)
    finally:
        client.indices.delete(index=taken.alias)
