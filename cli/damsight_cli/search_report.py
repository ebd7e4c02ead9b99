"""An answer as a person reads it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from damsight_schemas.search import Facet, Hit, SearchResponse

_LONGEST_TITLE = 60
_MOST_VALUES = 10


def report(response: SearchResponse) -> None:
    """Print the hits with why they came, the facets, what may have been meant, and what could not be done."""
    console = Console(highlight=False)
    for reason in response.degraded:
        console.print(Text(f"note: {reason}", style="yellow"))
    for note in response.notes:
        console.print(Text(note, style="dim"))
    if response.understood is not None and response.understood.did_you_mean is not None:
        console.print(Text(f"Did you mean: {response.understood.did_you_mean}"))
    if response.hits:
        console.print(_table(response.hits))
    for field, facet in response.facets.items():
        console.print(Text(_facet(field, facet)))
    at_least = "at least " if response.total.relation == "gte" else ""
    console.print(Text(f"{len(response.hits)} of {at_least}{response.total.value:,} in {response.took_ms:,.0f} ms"))


def _table(hits: list[Hit]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("relevance", justify="right")
    table.add_column("asset", no_wrap=True)
    table.add_column("title")
    table.add_column("why")
    for hit in hits:
        title = str(hit.asset.get("title") or hit.asset.get("filename") or "")
        table.add_row(f"{hit.relevance:.2f}", Text(hit.asset_id), Text(title[:_LONGEST_TITLE]), Text(_why(hit)))
    return table


def _why(hit: Hit) -> str:
    ordered = sorted(hit.legs, key=lambda leg: -leg.contribution)
    return ", ".join(f"{leg.leg} #{leg.rank} ({leg.score:.3g})" for leg in ordered)


def _facet(field: str, facet: Facet) -> str:
    values = ", ".join(f"{one.value} {one.count:,}" for one in facet.values[:_MOST_VALUES]) or "none"
    bound = "all that match" if facet.bound == "all" else "the candidates"
    return f"{field} (of {facet.counted:,}, {bound}): {values}"
