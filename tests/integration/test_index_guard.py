"""The write alias is moved while a consumer runs, on a real Elasticsearch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
import pytest
from elasticsearch import Elasticsearch

from damsight_consumer.errors import IndexNotReadyError, IndexUnavailableError
from damsight_consumer.index_guard import IndexGuard
from damsight_consumer.ports import Answer, Versioned
from damsight_consumer.write import BulkWriter, require_index
from damsight_devstack import Stack
from damsight_index.generations import create_generation, cutover
from damsight_schemas.connections import IndexSettings
from damsight_schemas.mapping import SCHEMA_VERSION
from damsight_schemas.space import IndexSpaces, Space
from fakes.real_index import RealIndex, real_index

pytestmark = pytest.mark.integration

OURS = IndexSpaces(image_vector=Space(model="ours", revision="1", dimensions=8, modalities=("image",)))
OTHER = IndexSpaces(image_vector=Space(model="other", revision="1", dimensions=8, modalities=("image",)))
DOCUMENT = Versioned("a", 8, orjson.dumps({"asset_id": "a", "revision": 1, "deleted": False}))


@dataclass
class Library:
    """An index with our models, and how to move its aliases to a new one."""

    real: RealIndex
    names: list[str]

    @property
    def client(self) -> Elasticsearch:
        return self.real.client

    @property
    def settings(self) -> IndexSettings:
        return self.real.settings

    def move(self, spaces: IndexSpaces) -> str:
        name = create_generation(self.client, self.settings, spaces).name
        self.names.append(name)
        cutover(self.client, self.settings, even_if_smaller=True)
        return name

    def holds(self, index: str) -> bool:
        return bool(self.client.exists(index=index, id="a"))


@pytest.fixture
def library(stack: Stack) -> Iterator[Library]:
    with real_index(stack.elasticsearch_url, OURS) as real:
        made = Library(real, [])
        yield made
        for name in made.names:
            real.client.indices.delete(index=name, ignore_unavailable=True)


class Late(IndexGuard):
    """Something happens after the bulk and before the alias is looked at."""

    happens: Callable[[], object] | None = None

    def confirm(self, index: str) -> bool:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return super().confirm(index)


def guarded(library: Library) -> tuple[Late, BulkWriter]:
    alias = library.settings.write_alias
    guard = Late(library.client, alias, OURS)
    return guard, BulkWriter(library.client, alias, guard=guard)


def test_after_a_cutover_to_other_models_nothing_of_ours_lands_there(library: Library) -> None:
    """Neither by a writer that does not know yet; it ends with both names and the way out."""
    guard, writer = guarded(library)
    first = guard.index()
    second = library.move(OTHER)
    with pytest.raises(IndexNotReadyError) as told:
        writer.write([DOCUMENT])
    assert not library.holds(second)
    for words in (first, second, "ours", "other", "estart the consumer", "damsight index rollback"):
        assert words in str(told.value)
    with pytest.raises(IndexNotReadyError, match=second):
        guard.check()


def test_after_a_cutover_to_the_same_models_it_goes_on_there(library: Library) -> None:
    """Both the regular look and the next bulk follow the alias."""
    guard, writer = guarded(library)
    first = guard.check()
    second = library.move(OURS)
    assert [verdict.answer for verdict in writer.write([DOCUMENT])] == [Answer.STORED]
    assert library.holds(second)
    third = library.move(OURS)
    assert len({first, second, third}) == 3
    assert guard.check() == guard.index() == third


def test_what_was_stored_in_the_moment_of_a_cutover_is_stored_in_the_new_index_too(library: Library) -> None:
    """Otherwise it would count as done, and be in an index that nobody reads any longer."""
    guard, writer = guarded(library)
    guard.happens = lambda: library.move(OURS)
    assert [verdict.answer for verdict in writer.write([DOCUMENT])] == [Answer.STORED]
    assert library.holds(library.names[-1])
    guard.happens = lambda: library.move(OTHER)
    with pytest.raises(IndexNotReadyError):
        writer.write([DOCUMENT])
    assert not library.holds(library.names[-1])


def test_an_alias_that_names_none_or_several_is_waited_for(library: Library) -> None:
    """Somebody mends it, and the consumer goes on; nothing is stored meanwhile, and nothing is created."""
    guard, writer = guarded(library)
    alias, first = library.settings.write_alias, guard.index()
    library.client.indices.delete_alias(index=first, name=alias)
    for asked in (guard.check, lambda: writer.write([DOCUMENT])):
        with pytest.raises(IndexUnavailableError, match="damsight index create"):
            asked()
    assert not library.client.indices.exists(index=alias)
    second = create_generation(library.client, library.settings, OURS).name
    library.names.append(second)
    both = [{"add": {"index": index, "alias": alias}} for index in (first, second)]
    library.client.indices.update_aliases(actions=both)
    for asked in (guard.check, lambda: writer.write([DOCUMENT])):
        with pytest.raises(IndexUnavailableError, match="names 2 indices"):
            asked()
    library.client.indices.delete_alias(index=second, name=alias)
    assert [verdict.answer for verdict in writer.write([DOCUMENT])] == [Answer.ALREADY]


def test_an_index_that_was_made_anew_for_other_models_is_noticed(library: Library) -> None:
    """Its name is the same; what it holds is not."""
    guard, _ = guarded(library)
    name = library.move(OURS)
    assert guard.check() == name
    library.client.indices.delete(index=name)
    library.move(OTHER)
    assert library.names[-1] == name
    with pytest.raises(IndexNotReadyError, match="other"):
        guard.check()


def test_an_index_of_another_version_is_not_written_to(library: Library) -> None:
    """Its mapping is strict: documents with newer fields would become dead letters. The way out is told."""
    (index,) = library.client.indices.get_alias(name=library.settings.write_alias).body
    meta = library.client.indices.get_mapping(index=index).body[index]["mappings"]["_meta"]
    meta["damsight"]["schema"] = 1
    library.client.indices.put_mapping(index=index, meta=meta)
    with pytest.raises(IndexNotReadyError, match=rf"schema 1 .* writes {SCHEMA_VERSION}\..*index create --generation"):
        IndexGuard(library.client, library.settings.write_alias, OURS).check()
    with pytest.raises(IndexNotReadyError, match="index create --generation"):
        require_index(library.client, library.settings.write_alias, OURS)
