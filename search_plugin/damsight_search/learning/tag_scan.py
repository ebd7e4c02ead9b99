"""Reads through an index and tells which assets deserve labels: for moderation, and for tagging a whole library."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from damsight_search.conditions.filters import Clause
from damsight_search.errors import EncoderDownError
from damsight_search.learning.background_sample import HAS_PICTURE
from damsight_search.learning.tag_suggesting import LabelsReady, TagSuggesting
from damsight_search.ports import Body, SearchIndex
from damsight_search.vectors.image_vectors import image_vector_of

OnProgress = Callable[[str, int, int], None]
WHOLE_VOCABULARY_S = 3600.0
_AT_ONCE = 200
_STEP = "assets compared"


@dataclass(frozen=True, slots=True)
class Labelled:
    """An asset and a label that fits it."""

    asset_id: str
    title: str
    label: str
    confidence: float


def labelled(
    index: SearchIndex,
    suggesting: TagSuggesting,
    labels: Sequence[str],
    filters: Sequence[Clause],
    on_progress: OnProgress,
    *,
    at_least: float,
    timeout: str,
) -> Iterator[Labelled]:
    """Yield what fits, by the assets' ids, and of an asset the surest label first; labels that it has are left out.

    Args:
        index: Where the assets are.
        suggesting: Compares.
        labels: Of the vocabulary.
        filters: Of those whose assets are read.
        on_progress: Told the step, how many are done, and of how many.
        at_least: The confidence.
        timeout: Of one request, as Elasticsearch writes it.

    Raises:
        EncoderDownError: Nothing could be compared; the message says why.
        SearchError: The index does not answer as it should.
    """
    ready = suggesting.ready(labels, filters, key="scan", patience_s=WHOLE_VOCABULARY_S)
    if ready.background is None:
        raise EncoderDownError(" ".join(ready.degraded))
    after: Sequence[Any] = ()
    done = total = 0
    while True:
        answer = index.search(scan_body(filters, after=after, timeout=timeout))
        total = total or answer.total
        for found in answer.found:
            yield from _fitting(found.source, ready, at_least)
        done += len(answer.found) + answer.refused
        on_progress(_STEP, done, total)
        if not answer.found:
            return
        after = answer.found[-1].sort


def scan_body(filters: Sequence[Clause], *, after: Sequence[Any], timeout: str) -> Body:
    """Return the body that reads the next image vectors, by the ids."""
    body: Body = {
        "size": _AT_ONCE,
        "timeout": timeout,
        "track_total_hits": not after,
        "query": {"bool": {"filter": [*filters, HAS_PICTURE]}},
        "sort": [{"asset_id": "asc"}],
        # Vectors are left out of _source by default.
        "_source": {"includes": ["asset_id", "title", "tags", "image_vector"], "exclude_vectors": False},
    }
    if after:
        body["search_after"] = list(after)
    return body


def _fitting(source: Mapping[str, Any], ready: LabelsReady, at_least: float) -> Iterator[Labelled]:
    vector = image_vector_of(source)
    if vector is None or ready.background is None:
        return
    sure = ready.background.confidences(vector[None, :])[0]
    has = {str(tag).casefold() for tag in source.get("tags", ())}
    for place in np.argsort(-sure, kind="stable"):
        if sure[place] < at_least:
            return
        if ready.names[place].casefold() not in has:
            title = str(source.get("title", ""))
            yield Labelled(source["asset_id"], title, ready.names[place], round(float(sure[place]), 4))
