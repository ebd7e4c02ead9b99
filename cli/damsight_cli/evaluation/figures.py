"""From rankings to figures: each system's measures over all queries, per language and per kind, and who beats whom."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from damsight_cli.evaluation.asking import Asked
from damsight_cli.evaluation.chance import Comparison, Figure, compared, means_of
from damsight_cli.evaluation.measures import MEASURES, NDCG, Values, measured
from damsight_cli.evaluation.systems import FUSED, RRF, legs_of, systems
from damsight_search.relevance.fusion import is_calibrated


class Group(BaseModel):
    """Some of the queries.

    Attributes:
        name: Such as "all", "language de" or "kind nowhere".
        systems: Each system's measures.
    """

    name: str
    queries: int
    systems: dict[str, dict[str, Figure]]


class Evaluation(BaseModel):
    """What was measured.

    Attributes:
        asked_as: The principals.
        best_leg: The single leg with the highest nDCG@10 over all queries.
        comparisons: By nDCG@10, over all queries.
        notes: What was left out, or could not be done.
    """

    asked_as: list[str]
    queries: int
    groups: list[Group]
    best_leg: str
    comparisons: list[Comparison]
    notes: list[str]


def evaluated(asked: Sequence[Asked], *, asked_as: Sequence[str], notes: Sequence[str] = ()) -> Evaluation:
    """Measure every system on what was asked."""
    judged = [one.query for one in asked]
    values = {name: measured(judged, rankings) for name, rankings in systems(asked).items()}
    legs = legs_of(asked)
    best = max(legs, key=lambda leg: float(np.mean(values[leg][NDCG])))
    return Evaluation(
        asked_as=list(asked_as),
        queries=len(asked),
        groups=[
            Group(name=name, queries=int(chosen.sum()), systems=_figures(values, chosen))
            for name, chosen in groups_of(asked)
        ],
        best_leg=best,
        comparisons=[
            compared(FUSED, values[FUSED][NDCG], other, values[other][NDCG]) for other in dict.fromkeys([best, RRF])
        ],
        notes=[*notes, *_degraded(asked)],
    )


def ndcg_of(asked: Sequence[Asked], rankings: Sequence[Sequence[str]]) -> Values:
    """Return the nDCG@10 of each query under some rankings."""
    return measured([one.query for one in asked], rankings, (NDCG,))[NDCG]


def groups_of(asked: Sequence[Asked]) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return all queries, then those of each language and each kind; which, as shape (queries,)."""
    groups = [("all", np.ones(len(asked), dtype=bool))]
    for what, told in (
        ("language", [one.query.language for one in asked]),
        ("kind", [one.query.kind for one in asked]),
    ):
        names = list(dict.fromkeys(told))
        if len(names) > 1:
            groups += [(f"{what} {name}", np.array([one == name for one in told])) for name in names]
    return groups


def _figures(values: Mapping[str, Mapping[str, Values]], chosen: NDArray[np.bool_]) -> dict[str, dict[str, Figure]]:
    rows = np.stack([told[measure][chosen] for told in values.values() for measure in MEASURES])
    told = iter(means_of(rows))
    return {system: {measure: next(told) for measure in MEASURES} for system in values}


def _degraded(asked: Sequence[Asked]) -> list[str]:
    said = [reason for one in asked for reason in one.degraded]
    told = [f"{said.count(reason)} of {len(asked)} searches: {reason}" for reason in dict.fromkeys(said)]
    bare = sum(not is_calibrated(one.candidates) for one in asked if one.candidates)
    if bare:
        told.append(f"{bare} of {len(asked)} searches were fused by ranks alone: run `damsight index calibrate` first.")
    return told
