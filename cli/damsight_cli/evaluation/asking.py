"""Asks each judged query once, as a search would, and keeps what every leg said."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from damsight_cli.evaluation.errors import NotJudgeableError
from damsight_cli.evaluation.judged import JudgedQuery, some
from damsight_schemas.search import Leg, SearchRequest
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.fusion import Candidate
from damsight_search.results.visible import visible
from damsight_search.service import SearchService

AT_ONCE = 4
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One judged query and what the search made of it.

    Attributes:
        candidates: Every asset that some leg brought, with what each leg says of it.
        weights: That the product weighs the legs with.
        fused: The product's own order, before the answer is cut.
        degraded: What could not be done, in words.
    """

    query: JudgedQuery
    candidates: tuple[Candidate, ...]
    weights: Mapping[Leg, float]
    fused: tuple[str, ...]
    degraded: tuple[str, ...] = ()


def ask_all(
    service: SearchService, judged: Sequence[JudgedQuery], principals: Principals, on_progress: OnProgress
) -> list[Asked]:
    """Ask every query, a few at once: one search each, whose window is not cut.

    Raises:
        SearchError: A query cannot be answered at all.
    """

    def ask(query: JudgedQuery) -> Asked:
        request = SearchRequest(text=query.text, like=list(query.like), min_relevance=0)
        window = service.candidates(request, principals)
        fused = tuple(one.asset_id for one in window.ranked)
        return Asked(query, window.candidates, window.weights, fused, window.degraded)

    asked = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done, one in enumerate(pool.map(ask, judged), start=1):
            asked.append(one)
            on_progress("asking", done, len(judged))
    return asked


def those_there(
    index: SearchIndex, judged: Sequence[JudgedQuery], principals: Principals, *, leave_out_missing: bool
) -> tuple[list[JudgedQuery], list[str]]:
    """Return the queries with those of their judged assets that the principals may see, and what was left out.

    Raises:
        NotJudgeableError: Assets are missing and may not be left out, or nothing relevant is left.
    """
    wanted = sorted({asset_id for query in judged for asset_id in query.grades})
    there = visible(index, wanted, principals)
    missing = [asset_id for asset_id in wanted if asset_id not in there]
    if missing and not leave_out_missing:
        raise NotJudgeableError(
            f"{len(missing)} of {len(wanted)} judged assets are not in the index, or {', '.join(principals)} may not "
            f"see them: {some(missing)}. Ask as others with --as, or leave them out with --leave-out-missing."
        )
    kept = [
        replace(one, grades={asset_id: grade for asset_id, grade in one.grades.items() if asset_id in there})
        for one in judged
    ]
    left = [query for query in kept if any(grade > 0 for grade in query.grades.values())]
    if not left:
        raise NotJudgeableError("No query has a relevant asset that is in the index, so nothing can be measured.")
    return left, _said(len(missing), len(judged) - len(left))


def _said(missing: int, without: int) -> list[str]:
    said = [f"{missing} judged assets that are not there were left out."] if missing else []
    return said + ([f"{without} queries without any relevant asset were left out."] if without else [])
