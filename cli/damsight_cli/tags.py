"""`damsight tags`: lists the assets of an index that labels of a vocabulary fit."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from damsight_cli.search_faults import faults_told

if TYPE_CHECKING:
    from damsight_search.learning.tag_scan import Labelled, OnProgress


def command(
    *,
    vocabulary: Annotated[
        Path,
        typer.Option("--vocabulary", help="A text file: one label a line, # comment.", exists=True, dir_okay=False),
    ],
    at_least: Annotated[
        float, typer.Option("--at-least", help="The confidence that a label needs.", min=0, max=1)
    ] = 0.5,
    user: Annotated[str | None, typer.Option("--as", help="What this person may see: NAME or user:NAME.")] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", help="A group of that person.")] = None,
    public: Annotated[bool, typer.Option("--public", help="What a stranger may see.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each, for programs.")] = False,
) -> None:
    """List assets and the labels of a vocabulary that fit their pictures and are none of their tags yet.

    For moderation, or to tag a whole library: every picture is compared with every label, and confidence is 1 - the
    share that chance would have among labels so sure. Without --as or --public it is for whoever runs damsight: all
    assets are compared. Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS, DAMSIGHT_MODELS__JOINT.

    Examples: damsight tags --vocabulary moderation.txt · damsight tags --vocabulary moderation.txt --as anna
    --group press --at-least 0.9 --json
    """
    if (public and (user or groups)) or (groups and not user):
        raise typer.BadParameter("--as NAME with --group, or --public: one of them")
    count = 0
    with faults_told("damsight tags"), _progress(plain=as_json) as on_progress:
        from damsight_cli.duplicates import filters_for
        from damsight_search.learning.vocabularies import read_labels

        labels = read_labels(vocabulary)
        filters = filters_for(user, groups or (), public=public)
        with _scan(labels, filters, on_progress, at_least, whole=not (user or public)) as found:
            for one in found:
                count += 1
                _print(one, as_json=as_json)
    if not as_json:
        typer.echo(f"{count:,} labels of {len(labels):,} fit, each at least {at_least:g} sure")


@contextmanager
def _scan(
    labels: Sequence[str], filters: list[dict[str, Any]], on_progress: "OnProgress", at_least: float, *, whole: bool
) -> "Iterator[Iterator[Labelled]]":
    from dataclasses import replace

    from damsight_search.bootstrap import wire
    from damsight_search.learning.tag_scan import labelled
    from damsight_search.settings import load_settings

    search = wire(load_settings())
    try:
        suggesting = search.features.tags
        if suggesting is None:
            raise typer.Exit(1)
        # Whoever runs damsight is nobody whose rights the host could be asked about.
        index = search.index if whole else suggesting.index
        suggesting, timeout = replace(suggesting, index=index), search.service.timeout
        yield labelled(index, suggesting, labels, filters, on_progress, at_least=at_least, timeout=timeout)
    finally:
        search.close()


def _print(one: "Labelled", *, as_json: bool) -> None:
    import dataclasses

    import orjson

    if as_json:
        typer.echo(orjson.dumps(dataclasses.asdict(one)).decode())
    else:
        typer.echo(f"{one.confidence:.2f}  {one.label}  {one.asset_id}  {one.title}")


def _progress(*, plain: bool) -> "AbstractContextManager[OnProgress]":
    from damsight_cli.reconcile_progress import told

    return nullcontext(_silent) if plain else told()


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""
