"""The relevant set of a search, as a clause: what the cut-off kept, and the words' matches beyond the window. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from damsight_search.conditions import facet_counts
from damsight_search.conditions.facet_counts import Counted, Counting
from damsight_search.conditions.filters import Clause


@dataclass(frozen=True, slots=True)
class Relevant:
    """Which assets a search is about.

    Attributes:
        kept: Candidates of the window.
        words: What matches beyond the window; none where nothing does, or where it is cut off.
        refused: Candidates that were cut off, or named to be left out, though the words may match them.
        whole: That is all there is: no leg had more to bring, and no part of the index is lost.
    """

    kept: tuple[str, ...] = ()
    words: Clause | None = None
    refused: tuple[str, ...] = ()
    whole: bool = True

    def clause(self, filters: Sequence[Clause]) -> Clause:
        """Return what holds for these assets, as far as the filters, too, hold for them."""
        ways: list[Clause] = [{"ids": {"values": list(self.kept)}}]
        if self.words is not None:
            others = {"must_not": [{"ids": {"values": list(self.refused)}}]} if self.refused else {}
            ways.append({"bool": {"filter": [unnamed(self.words)], **others}})
        return {"bool": {"filter": list(filters), "should": ways, "minimum_should_match": 1}}


def counting(
    fields: Sequence[str],
    filters: Sequence[Clause],
    chosen: Mapping[str, Sequence[Clause]],
    relevant: Relevant,
    siblings: Relevant,
) -> Counting:
    """Return what is counted for a page: each chosen facet over its siblings, the others over what is relevant.

    Args:
        fields: To count.
        filters: All that hold.
        chosen: Those of them on fields that are counted.
        relevant: The search's.
        siblings: The same search's without the chosen filters.
    """
    others = tuple(name for name in fields if name not in chosen)
    sets = [Counted(others, relevant.clause(filters), relevant.whole)]
    for name in (name for name in fields if name in chosen):
        open_filters = facet_counts.without(filters, chosen[name])
        sets.append(Counted((name,), siblings.clause(open_filters), siblings.whole))
    return tuple(one for one in sets if one.fields)


def unnamed(clause: Any) -> Any:
    """Return a clause without its names: what is only counted needs no score a leg."""
    if isinstance(clause, dict):
        return {name: unnamed(inner) for name, inner in clause.items() if name != "_name"}
    return [unnamed(one) for one in clause] if isinstance(clause, list) else clause
