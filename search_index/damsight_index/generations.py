"""Generations: physical indices behind the two aliases. They are built beside each other and switched atomically.

Reads go through the filtered alias ``<alias>``, which hides tombstones; writes go through ``<alias>-write``.
"""

from contextlib import suppress
from typing import Any

from elasticsearch import Elasticsearch

from damsight_index import capabilities
from damsight_index.connection import translated
from damsight_index.errors import GenerationError, IndexConflictError
from damsight_index.names import generation_name, generation_number
from damsight_index.status import Generation, generations
from damsight_schemas.connections import IndexSettings
from damsight_schemas.mapping import index_body, require_schema, spaces_of
from damsight_schemas.space import VECTOR_FIELDS, IndexSpaces, require_same_space

# How long a new index may take to be searchable.
_START = "30s"
LIVE_FILTER: dict[str, Any] = {"term": {"deleted": False}}


def spaces_in(client: Elasticsearch, alias: str) -> IndexSpaces:
    """Return the spaces of the index behind an alias (or of the index of that name).

    Raises:
        IndexMissingError: There is none.
        GenerationError: The alias names several indices.
        IndexUnavailableError: The server does not answer.
    """
    return spaces_of(_meta_of(client, alias))


def require_index_for(client: Elasticsearch, index: str, spaces: IndexSpaces) -> None:
    """Make sure that documents of this version, with vectors of these spaces, belong into an index.

    Raises:
        SpaceMismatchError: A field holds another space than the loaded model's.
        SchemaMismatchError: It was made by another version of damsight.
        IndexMissingError: There is none.
        GenerationError: The alias names several indices.
        IndexUnavailableError: The server does not answer.
    """
    meta = _meta_of(client, index)
    require_schema(meta, index=index)
    require_same_spaces(spaces_of(meta), spaces, index=index)


def create_index(client: Elasticsearch, settings: IndexSettings, spaces: IndexSpaces) -> Generation:
    """Create the first generation with both aliases, or find the live one that holds these spaces.

    Safe to repeat, and safe to run twice at once.

    Raises:
        SpaceMismatchError: The live generation holds other spaces; both names and the way out are told.
        GenerationError: An index has the alias's own name, or no alias names the first generation.
        IndexUnavailableError: The server does not answer.
    """
    first = generation_name(settings.alias, 1)
    name = _live_name(client, settings.alias)
    if name is None:
        _refuse_taken_name(client, settings.alias)
        # Somebody else may create it between our look and our try; the check below tells whether it fits.
        with suppress(IndexConflictError):
            _create(client, settings, first, spaces, live=True)
        name = _live_name(client, settings.alias)
    if name is None:
        raise GenerationError(
            f"{first!r} is there, but alias {settings.alias!r} names no index. "
            f"Run `damsight index cutover` to make it live."
        )
    with translated(f"waiting for index {name!r}"):
        # "yellow" would not do: the primary of a new index counts as yellow before it can be searched.
        client.cluster.health(index=name, wait_for_active_shards=1, timeout=_START)
    live = _named(client, settings, name)
    require_same_spaces(live.spaces, spaces, index=live.name)
    return live


def create_generation(client: Elasticsearch, settings: IndexSettings, spaces: IndexSpaces) -> Generation:
    """Create the next generation beside the live one, with its own spaces; nobody reads it until the cutover.

    It is filled by a consumer with its models, ``DAMSIGHT_INDEX__ALIAS=<generation>`` and a group of its own.

    Raises:
        IndexConflictError: Somebody else created it at the same moment.
        IndexUnavailableError: The server does not answer.
    """
    numbers = [generation.number for generation in generations(client, settings)]
    name = generation_name(settings.alias, max(numbers, default=0) + 1)
    _create(client, settings, name, spaces, live=False)
    return _named(client, settings, name)


def cutover(
    client: Elasticsearch, settings: IndexSettings, *, to: str | None = None, even_if_smaller: bool = False
) -> Generation:
    """Switch both aliases to a generation in one atomic step.

    Args:
        client: From `damsight_index.connection.connect`.
        settings: Which index.
        to: The generation's name; the newest by default.
        even_if_smaller: Switch even where it holds fewer assets than the live one.

    Raises:
        GenerationError: There is no such generation, or it holds fewer assets than the live one.
        IndexUnavailableError: The server does not answer.
    """
    every = generations(client, settings)
    if not every:
        raise GenerationError(
            f"alias {settings.alias!r} has no generations yet. Create the first with `damsight index create`."
        )
    target = every[-1] if to is None else _named(client, settings, to)
    live = next((generation for generation in every if generation.live), None)
    if live and live.name != target.name and target.assets < live.assets and not even_if_smaller:
        raise GenerationError(
            f"{target.name!r} holds {target.assets:,} assets and the live {live.name!r} holds {live.assets:,}. "
            f"Fill it first, or switch all the same with `damsight index cutover --even-if-smaller`."
        )
    _switch(client, settings, target.name)
    return _named(client, settings, target.name)


def rollback(client: Elasticsearch, settings: IndexSettings) -> Generation:
    """Switch both aliases back to the generation before the live one, in one atomic step.

    What was written since the cutover is in the newer generation alone.

    Raises:
        GenerationError: There is no live generation, or none before it.
        IndexUnavailableError: The server does not answer.
    """
    every = generations(client, settings)
    live = next((generation for generation in every if generation.live), None)
    before = [generation for generation in every if live and generation.number < live.number]
    if not before:
        raise GenerationError(
            f"alias {settings.alias!r} has no generation before {live.name if live else 'a live one'!r}: "
            f"there is nothing to roll back to. `damsight index status` lists what is there."
        )
    _switch(client, settings, before[-1].name)
    return _named(client, settings, before[-1].name)


def require_same_spaces(indexed: IndexSpaces, loaded: IndexSpaces, *, index: str) -> None:
    """Compare field by field.

    Raises:
        SpaceMismatchError: A field holds another space than the loaded model's.
    """
    for field in VECTOR_FIELDS:
        require_same_space(field, getattr(indexed, field), getattr(loaded, field), index=index)


def _meta_of(client: Elasticsearch, alias: str) -> dict[str, Any]:
    with translated(f"reading the spaces of index {alias!r}"):
        mappings = client.indices.get_mapping(index=alias).body
    if len(mappings) != 1:
        raise GenerationError(
            f"alias {alias!r} names {len(mappings)} indices ({', '.join(sorted(mappings))}), and it takes exactly one. "
            f"Remove it from the others, or run `damsight index cutover`."
        )
    (mapping,) = mappings.values()
    meta: dict[str, Any] = mapping["mappings"].get("_meta", {})
    return meta


def _live_name(client: Elasticsearch, alias: str) -> str | None:
    with translated(f"looking for alias {alias!r}"):
        found = client.options(ignore_status=404).indices.get_alias(name=alias).body
    return next((name for name in found if generation_number(alias, name)), None)


def _refuse_taken_name(client: Elasticsearch, alias: str) -> None:
    with translated(f"looking for index {alias!r}"):
        found = client.options(ignore_status=404).indices.get(index=alias).body
    if alias in found:
        raise GenerationError(
            f"there is an index of the name {alias!r}, so no alias can have it. Set another DAMSIGHT_INDEX__ALIAS, or "
            f"delete that index."
        )


def _named(client: Elasticsearch, settings: IndexSettings, name: str) -> Generation:
    for generation in generations(client, settings):
        if generation.name == name:
            return generation
    raise GenerationError(
        f"{name!r} is not a generation of alias {settings.alias!r}. `damsight index status` lists what is there."
    )


def _create(client: Elasticsearch, settings: IndexSettings, name: str, spaces: IndexSpaces, *, live: bool) -> None:
    offered = capabilities.ask(client, settings.languages)
    compared = spaces.model_copy(update={"similarity": settings.similarity})
    body = index_body(compared, offered, shards=settings.shards, replicas=settings.replicas)
    # A consumer whose DAMSIGHT_INDEX__ALIAS is the generation's own name fills it, live or not.
    aliases: dict[str, dict[str, Any]] = {IndexSettings(alias=name).write_alias: {}}
    if live:
        aliases |= {settings.alias: {"filter": LIVE_FILTER}, settings.write_alias: {"is_write_index": True}}
    with translated(f"creating index {name!r}"):
        client.indices.create(index=name, settings=body["settings"], mappings=body["mappings"], aliases=aliases)


def _switch(client: Elasticsearch, settings: IndexSettings, name: str) -> None:
    actions: list[dict[str, Any]] = [
        {"remove": {"index": f"{settings.alias}-*", "alias": alias, "must_exist": False}}
        for alias in (settings.alias, settings.write_alias)
    ]
    actions.append({"add": {"index": name, "alias": settings.alias, "filter": LIVE_FILTER}})
    actions.append({"add": {"index": name, "alias": settings.write_alias, "is_write_index": True}})
    with translated(f"switching alias {settings.alias!r} to {name!r}"):
        client.indices.update_aliases(actions=actions)
