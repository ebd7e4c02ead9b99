"""What rankings are worth, a query at a time: nDCG@10, recall@10 and the reciprocal rank, by ir-measures.

nDCG is Jarvelin and Kekalainen's (ACM TOIS 20(4), 2002) as trec_eval computes it. A query without any hit counts 0.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG
from numpy.typing import NDArray

from damsight_cli.evaluation.judged import JudgedQuery

NDCG: Final = "ndcg@10"
_MEASURES = {NDCG: nDCG @ 10, "recall@10": R @ 10, "mrr": RR}
MEASURES: tuple[str, ...] = tuple(_MEASURES)

Values = NDArray[np.float64]
"""Shape (queries,): a measure's value of each."""

Rankings = Sequence[Sequence[str]]
"""Asset ids of each query, the best first."""


def measured(
    judged: Sequence[JudgedQuery], rankings: Rankings, measures: Sequence[str] = MEASURES
) -> Mapping[str, Values]:
    """Return each measure's values, in the order of the queries."""
    places = {query.query_id: place for place, query in enumerate(judged)}
    values = {name: np.zeros(len(judged)) for name in measures}
    names = {_MEASURES[name]: name for name in measures}
    qrels = [Qrel(one.query_id, asset_id, grade) for one in judged for asset_id, grade in one.grades.items()]
    # Ranks become scores, so that no tie is broken by another rule than ours.
    run = [
        ScoredDoc(one.query_id, asset_id, -float(rank))
        for one, ranking in zip(judged, rankings, strict=True)
        for rank, asset_id in enumerate(ranking)
    ]
    for metric in ir_measures.iter_calc(list(names), qrels, run):
        values[names[metric.measure]][places[metric.query_id]] = metric.value
    return values
