"""One request to the index becomes one fused window of candidates, with an honest total."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from damsight_schemas.search import CutOff, Facet, Leg, SearchRequest, Total
from damsight_search.agreement import Agreement
from damsight_search.bodies import search_body
from damsight_search.duplication.fingerprints import Fingerprint, fingerprints
from damsight_search.errors import EncoderDownError, IndexRefusedError
from damsight_search.learning.leaning import leaned, without_strays
from damsight_search.plan import Plan
from damsight_search.ports import Answer, SearchIndex, Vector
from damsight_search.relevance.cutting import cut
from damsight_search.relevance.fusion import Candidate, Ranked, candidates, fuse, placed, sorted_by
from damsight_search.relevance.leg_scores import raw
from damsight_search.results.extent import NO_EXTENT, Extent, extent_of
from damsight_search.words.did_you_mean import NOTHING_MISTYPED, Mistyped, mistyped


@dataclass(frozen=True, slots=True)
class Window:
    """The fused candidates of a search.

    Attributes:
        ranked: In the order of the answer.
        total: How many there are; "at least" wherever more might be.
        degraded: What could not be done, in words.
        extent: How far the search reaches beyond these.
        facets: Of what is browsed; a search's are counted with its first page.
        prints: What tells of each candidate that it is the same picture as another, where duplicates are grouped.
        candidates: What each leg says of each, before the legs were weighed and the answer was cut: for measuring.
        weights: That the legs were weighed with.
        cut_off: Where the answer was cut; none where nothing was asked to be.
        guessed: What seems mistyped among the words.
        shown: What was looked for in frames, pages and slices: to tell the best of each hit that is shown.
    """

    ranked: tuple[Ranked, ...]
    total: Total
    degraded: tuple[str, ...] = ()
    extent: Extent = NO_EXTENT
    facets: Mapping[str, Facet] = field(default_factory=dict)
    prints: Mapping[str, Fingerprint] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    weights: Mapping[Leg, float] = field(default_factory=dict)
    cut_off: CutOff | None = None
    guessed: Mistyped = NOTHING_MISTYPED
    shown: Vector | None = None


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
    answer = without_strays(replace(answer, found=tuple(raw(answer, plan))))
    seen = candidates(answer.found, plan)
    done = cut(placed(seen, plan.weights), seen, plan, request)
    extent = extent_of(answer, plan, done)
    return Window(
        ranked=tuple(sorted_by(leaned(done.kept, answer.found, plan), plan)),
        total=extent.total,
        degraded=(*degraded, *lost(answer)),
        extent=extent,
        prints=fingerprints(answer.found) if request.group_duplicates else {},
        candidates=tuple(seen),
        weights=plan.weights,
        cut_off=done.told,
        guessed=mistyped(answer.found, plan.wording),
        shown=next((leg.vector for leg in plan.vectors if leg.leg == "frame"), None),
    )


def judged(answer: Answer, plan: Plan) -> list[Ranked]:
    """Return what was found beyond the window, by what the text legs say of it."""
    return fuse(raw(answer, plan), plan)


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
    if (plan.vectors or plan.leaning) and not agreement.holds(answer.generation):
        reason = "the index was just switched to another generation"
        if not plan.text:
            raise EncoderDownError(f"Not searched by vectors: {reason}.")
        return _by_words(index, plan, timeout, reason)
    return _calibrated_by_its_own(plan, answer), answer, []


def _calibrated_by_its_own(plan: Plan, answer: Answer) -> Plan:
    """Return the plan without the calibration of another generation than the one that answered."""
    other = plan.calibration is not None and answer.generation not in ("", plan.calibration.generation)
    return replace(plan, calibration=None) if other else plan


def _by_words(index: SearchIndex, plan: Plan, timeout: str, reason: str) -> tuple[Plan, Answer, list[str]]:
    words = plan.without_vectors()
    answer = index.search(search_body(words, timeout=timeout))
    return words, answer, [f"Searched by words alone: {reason}."]
