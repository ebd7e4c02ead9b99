"""`damsight duplicates`: lists the same files and the same pictures of an index."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from damsight_cli.search_faults import faults_told

if TYPE_CHECKING:
    from damsight_schemas.duplicates import DuplicateReport
    from damsight_search.duplication.duplicate_scan import OnProgress


def command(
    *,
    exact: Annotated[bool, typer.Option("--exact", help="Only files that are equal, byte by byte.")] = False,
    near: Annotated[bool, typer.Option("--near", help="Only the same picture in different files.")] = False,
    user: Annotated[str | None, typer.Option("--as", help="What this person may see: NAME or user:NAME.")] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", help="A group of that person.")] = None,
    public: Annotated[bool, typer.Option("--public", help="What a stranger may see.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="Groups that are printed; 0 prints all.", min=0)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print all as JSON, for programs.")] = False,
) -> None:
    """List duplicates: the same files, and the same picture in different files (scaled, compressed, slightly cut).

    Without --as or --public it is for whoever runs damsight: all assets are compared, whoever may see them. With them
    the rights are those in the index. Pictures
    are the same where their perceptual hashes are near and, if both have an image vector, these are near too; films
    and documents are told by their bytes alone. Settings: DAMSIGHT_ELASTICSEARCH__URL, DAMSIGHT_INDEX__ALIAS.

    Examples: damsight duplicates · damsight duplicates --exact --json · damsight duplicates --near --as anna
    --group press
    """
    if (public and (user or groups)) or (groups and not user):
        raise typer.BadParameter("--as NAME with --group, or --public: one of them")
    if exact and near:
        raise typer.BadParameter("--exact or --near: one of them; without them both are listed")
    with faults_told("damsight duplicates"), _progress(plain=as_json) as on_progress:
        report = _report(filters_for(user, groups or (), public=public), on_progress, exact=exact, near=near)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        _print(report, limit)


def filters_for(user: str | None, groups: Sequence[str], *, public: bool) -> list[dict[str, Any]]:
    """Return the clauses of what a person or a stranger may see; of everything, where neither is named."""
    from damsight_search.conditions.filters import permitted
    from damsight_search.duplication.duplicate_bodies import everybodys
    from damsight_search.principal import signed_in, stranger

    if public:
        return permitted(stranger())
    if user is None:
        return everybodys()
    return permitted(signed_in(user.removeprefix("user:"), [group.removeprefix("group:") for group in groups]))


def _report(filters: list[dict[str, Any]], on_progress: "OnProgress", *, exact: bool, near: bool) -> "DuplicateReport":
    from damsight_index import connect
    from damsight_search.duplication.duplicate_listing import DuplicateListing
    from damsight_search.index import ElasticsearchIndex
    from damsight_search.settings import load_settings

    settings = load_settings()
    # No model is needed: everything that is compared is stored.
    with connect(settings.elasticsearch) as client:
        listing = DuplicateListing(ElasticsearchIndex(client, settings.index.alias))
        return listing.report(filters, on_progress, same_bytes=not near, same_looks=not exact)


def _print(report: "DuplicateReport", limit: int) -> None:
    words = {"bytes": "the same file", "looks": "the same picture"}
    for group in report.groups[: limit or None]:
        typer.echo(f"{words[group.same]}: {', '.join(group.assets)}")
    told = f"{len(report.groups):,} groups among {report.assets:,} assets"
    left = len(report.groups) - limit
    typer.echo(f"{told}; {left:,} more are not printed: --limit 0 prints all" if limit and left > 0 else told)
    if not report.complete:
        typer.echo("There were too many that look alike: not all of them were compared.")


def _progress(*, plain: bool) -> "AbstractContextManager[OnProgress]":
    from damsight_cli.reconcile_progress import told

    return nullcontext(_silent) if plain else told()


def _silent(_step: str, _done: int, _total: int) -> None:
    """Tell nobody."""
