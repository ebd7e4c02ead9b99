"""One request to the index becomes one fused window of candidates, with an honest total."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from damsight_schemas.search import Facet, Leg, SearchRequest, Total
from damsight_search import facets
from damsight_search.agreement import Agreement
from damsight_search.bodies import search_body
from damsight_search.did_you_mean import NOTHING_MISTYPED, Mistyped, mistyped
from damsight_search.errors import EncoderDownError, IndexRefusedError
from damsight_search.fingerprints import Fingerprint, fingerprints
from damsight_search.fusion import Candidate, Ranked, candidates, cut_off, sorted_by, weighed
from damsight_search.keyword_scores import keyword_scored
from damsight_search.leg_scores import raw, with_parts
from damsight_search.plan import NEAREST, Plan
from damsight_search.ports import Answer, Found, SearchIndex


@dataclass(frozen=True, slots=True)
class Window:
    """The fused candidates of a search.

    Attributes:
        ranked: In the order of the answer.
        total: How many there are; "at least" wherever more might be.
        degraded: What could not be done, in words.
        prints: What tells of each candidate that it is the same picture as another, where duplicates are grouped.
        candidates: What each leg says of each, before the legs were weighed and the answer was cut: for measuring.
        weights: That the legs were weighed with.
        guessed: What seems mistyped among the words.
    """

    ranked: tuple[Ranked, ...]
    total: Total
    facets: Mapping[str, Facet]
    degraded: tuple[str, ...]
    prints: Mapping[str, Fingerprint] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    weights: Mapping[Leg, float] = field(default_factory=dict)
    guessed: Mistyped = NOTHING_MISTYPED


def open_window(
    index: SearchIndex, agreement: Agreement, plan: Plan, request: SearchRequest, *, timeout: str
) -> Window:
    """Execute a plan and fuse what it brings.

    Raises:
        SearchTimeoutError: It did not end in time.
        SearchUnavailableError: Nothing answers.
        IndexRefusedError: The body is refused, even without its vector legs.
        EncoderDownError: The vector legs cannot be used, and there are no words to search by without them.
    """
    plan, answer, degraded = _execute(index, agreement, plan, timeout)
    seen = candidates(raw(_worded(answer, plan), plan), plan)
    ranked = sorted_by(with_parts(weighed(seen, plan.weights), answer.found), plan)
    total = _total(answer, plan)
    if request.min_relevance != "auto" and request.min_relevance > 0:
        # Whatever is outside of the window has no relevance at all, so this count is whole.
        ranked = cut_off(ranked, request.min_relevance)
        total = Total(value=len(ranked), relation="eq")
    bound: Literal["all", "window"] = "window" if plan.vectors else "all"
    counted = facets.read(answer.aggregations, request.facets, counted=answer.total, bound=bound)
    prints = fingerprints(answer.found) if request.group_duplicates else {}
    said = (*degraded, *lost(answer))
    return Window(
        tuple(ranked), total, counted, said, prints, tuple(seen), plan.weights, mistyped(answer.found, plan.wording)
    )


def _worded(answer: Answer, plan: Plan) -> list[Found]:
    return keyword_scored(answer.found, answer.aggregations, len(plan.wording.words))


def lost(answer: Answer) -> list[str]:
    """Return the words for shards that did not answer."""
    if not answer.lost_shards:
        return []
    return [f"{answer.lost_shards} of {answer.shards} parts of the index did not answer: hits may be missing."]


def _execute(index: SearchIndex, agreement: Agreement, plan: Plan, timeout: str) -> tuple[Plan, Answer, list[str]]:
    try:
        answer = index.search(search_body(plan, timeout=timeout))
    except IndexRefusedError as error:
        if not plan.vectors or not plan.text:
            raise
        return _by_words(index, plan, timeout, f"the index refused the vectors ({error})")
    if plan.vectors and not agreement.holds(answer.generation):
        reason = "the index was just switched to another generation"
        if not plan.text:
            raise EncoderDownError(f"Not searched by vectors: {reason}.")
        return _by_words(index, plan, timeout, reason)
    return plan, answer, []


def _by_words(index: SearchIndex, plan: Plan, timeout: str, reason: str) -> tuple[Plan, Answer, list[str]]:
    words = plan.without_vectors()
    answer = index.search(search_body(words, timeout=timeout))
    return words, answer, [f"Searched by words alone: {reason}."]


def _total(answer: Answer, plan: Plan) -> Total:
    # A vector leg that is full would have brought more: all that is known is "at least".
    full = any(sum(leg.leg in hit.scores for hit in answer.found) >= NEAREST for leg in plan.vectors)
    return Total(value=answer.total, relation="gte" if full or answer.lost_shards else answer.relation)
