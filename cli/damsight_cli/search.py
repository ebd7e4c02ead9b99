"""`damsight search`: asks the index in this process, or a running API."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from damsight_cli.search_faults import faults_told

if TYPE_CHECKING:
    from damsight_schemas.search import SearchRequest, SearchResponse
    from damsight_search.principal import Principals

_SIDES = ("x", "y", "width", "height")


def command(
    *,
    text: Annotated[str, typer.Argument(help="Words, in any language the models know.")] = "",
    like: Annotated[list[str] | None, typer.Option("--like", help="An asset that the hits should look like.")] = None,
    unlike: Annotated[
        list[str] | None, typer.Option("--unlike", help="An asset that the hits should not look like.")
    ] = None,
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            "--picture", "--image", help="A picture that the hits should look like.", exists=True, dir_okay=False
        ),
    ] = None,
    boxes: Annotated[
        list[str] | None,
        typer.Option(
            "--box",
            help="Only this part, as x,y,width,height in fractions: of each --picture in turn, else of each --like.",
        ),
    ] = None,
    filters: Annotated[list[str] | None, typer.Option("--filter", help="field:value; all of them must hold.")] = None,
    facets: Annotated[list[str] | None, typer.Option("--facet", help="Count a field's values.")] = None,
    size: Annotated[int, typer.Option(help="How many hits.", min=1, max=200)] = 10,
    user: Annotated[str | None, typer.Option("--as", help="Search as this person: NAME or user:NAME.")] = None,
    groups: Annotated[list[str] | None, typer.Option("--group", help="A group of that person.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Search as a stranger; the default.")] = False,
    url: Annotated[str | None, typer.Option("--url", help="Ask a running API at this address.")] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="The Bearer token for --url.", envvar="DAMSIGHT_TOKEN")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Search, and tell why each hit came.

    Without words, pictures or assets to be like, it lists what passes the filters, the newest first.

    Examples: damsight search "red boat" · damsight search --like asset-42 --size 5 ·
    damsight search boat --filter kind:image --facet tags --as anna --group press ·
    damsight search --like asset-42 --unlike asset-7 · damsight search --picture photo.jpg --box 0.5,0,0.5,1
    """
    from damsight_cli.search_report import report

    if (public and (user or groups)) or (groups and not user) or (url and (user or groups)):
        raise typer.BadParameter("--as NAME with --group, or --public, or --url with --token: one of them")
    with faults_told("damsight search"):
        looks = _looks(like or (), unlike or (), pictures or (), boxes or ())
        request = _request(text, looks, filters or (), facets or (), size)
        read = [picture.read_bytes() for picture in pictures or ()]
        if url:
            from damsight_cli.search_remote import ask

            response = ask(url, request, read, token)
        else:
            response = _ask_here(request, _principals(user, groups or ()), read)
    if as_json:
        typer.echo(response.model_dump_json(indent=2))
    else:
        report(response)


def _looks(
    like: Sequence[str], unlike: Sequence[str], pictures: Sequence[Path], boxes: Sequence[str]
) -> dict[str, Any]:
    """Return what a request tells of pictures and assets; more boxes than these are left for the request to refuse."""
    parts = [{"box": _box(box)} for box in boxes]
    told: dict[str, Any] = {"like": list(like), "unlike": list(unlike)}
    if pictures or len(parts) > len(like):
        return {**told, "pictures": parts}
    return {**told, "examples": dict(zip(like, parts, strict=False))}


def _box(told: str) -> dict[str, str]:
    sides = told.split(",")
    if len(sides) != len(_SIDES):
        raise typer.BadParameter(
            f"takes x,y,width,height in fractions of the picture (given: {told})", param_hint="--box"
        )
    return dict(zip(_SIDES, sides, strict=True))


def _request(
    text: str, looks: dict[str, Any], filters: Sequence[str], facets: Sequence[str], size: int
) -> "SearchRequest":
    from damsight_schemas.search import parse_search_request
    from damsight_search.api.search_routes import filters_of

    told: dict[str, Any] = {"text": text, **looks, "filters": filters_of(filters), "facets": list(facets)}
    return parse_search_request({**told, "size": size, "explain": True})


def _principals(user: str | None, groups: Sequence[str]) -> "Principals":
    from damsight_search.principal import signed_in, stranger

    if user is None:
        return stranger()
    return signed_in(user.removeprefix("user:"), [group.removeprefix("group:") for group in groups])


def _ask_here(request: "SearchRequest", principals: "Principals", pictures: Sequence[bytes]) -> "SearchResponse":
    from damsight_search.bootstrap import wire
    from damsight_search.settings import load_settings

    search = wire(load_settings())
    try:
        return search.service.search(request, principals, pictures)
    finally:
        search.close()
