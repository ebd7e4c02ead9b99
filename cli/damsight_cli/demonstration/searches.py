"""The demo's searches: what to try, and five of them run and printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from damsight_cli.demonstration.outage import Outlasting
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, SearchResponse
from damsight_search.errors import SearchUnavailableError
from damsight_search.service import SearchService

PUBLIC = ("public",)
SHOWN = 5


@dataclass(frozen=True)
class Example:
    """One search, and what it shows.

    Attributes:
        words: Typed into the box; empty for a search by picture alone.
        shows: Why it is worth trying.
        like: The asset whose picture is the query.
    """

    words: str
    shows: str
    like: str = ""
    filters: tuple[Filter, ...] = ()


def run_examples(service: SearchService, examples: Sequence[Example], console: Console, outlasting: Outlasting) -> int:
    """Run each example as the public, print what it found, and return how many found something."""
    return sum(_print(_answer(service, example, outlasting), example, console) for example in examples)


def _answer(service: SearchService, example: Example, outlasting: Outlasting) -> SearchResponse:
    return outlasting.until_done(
        lambda: service.search(request_of(example), PUBLIC), SearchUnavailableError, what="a search"
    )


def request_of(example: Example) -> SearchRequest:
    """Return the request of an example."""
    return SearchRequest(
        text=example.words,
        like=[example.like] if example.like else [],
        filters=list(example.filters),
        size=SHOWN,
        explain=True,
    )


def _print(response: SearchResponse, example: Example, console: Console) -> bool:
    asked = f'"{example.words}"' if example.words else f"pictures like {example.like}"
    conditions = "".join(f" and {condition.field} is {condition.value}" for condition in example.filters)
    console.print(f"\n[bold]{asked}{conditions}[/]  {example.shows}  ({response.took_ms:.0f} ms)", highlight=False)
    table = Table(box=None, padding=(0, 2), show_header=True, header_style="dim")
    for heading in ("title", "relevance", "found by"):
        table.add_column(heading)
    for hit in response.hits:
        legs = ", ".join(f"{leg.leg} (rank {leg.rank})" for leg in hit.legs)
        table.add_row(str(hit.asset.get("title") or hit.asset_id), f"{hit.relevance:.2f}", legs)
    console.print(table if response.hits else "  nothing found", highlight=False)
    for reason in response.degraded:
        console.print(f"  [yellow]{reason}[/]", highlight=False)
    return bool(response.hits)
