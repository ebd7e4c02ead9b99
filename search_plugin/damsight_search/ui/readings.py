"""How the words were read and where the answer was cut, as sentences with a link to the other way."""

from dataclasses import dataclass, replace
from typing import Any

from damsight_schemas.search import SearchResponse
from damsight_search.ui.state import PageState


@dataclass(frozen=True)
class Offer:
    """A sentence, and a link that does otherwise."""

    sentence: str
    label: str
    address: str


def reading_context(state: PageState, answer: SearchResponse, *, has_picture: bool) -> dict[str, Any]:
    """Return what an answer tells of itself.

    An uploaded picture is not in the address, so nothing that needs one is offered as a link.
    """
    offers = [] if has_picture else [*_grouped(state, answer), *_cut(state, answer)]
    return {"meant": _meant(state, answer), "offers": offers}


def _meant(state: PageState, answer: SearchResponse) -> Offer | None:
    text = answer.understood.did_you_mean if answer.understood else None
    return Offer("Did you mean", text, state.worded(text).address()) if text else None


def _cut(state: PageState, answer: SearchResponse) -> list[Offer]:
    if state.loose and state.asks:
        fitting = replace(state.closed(), loose=False)
        return [Offer("What fits little is shown, too.", "Show only what fits", fitting.address())]
    dropped = answer.cut_off.dropped if answer.cut_off else 0
    if not dropped:
        return []
    noun = "candidate fits" if dropped == 1 else "candidates fit"
    every = replace(state.closed(), loose=True)
    return [Offer(f"{dropped:,} {noun} too little to be shown.", "Show them", every.address())]


def _grouped(state: PageState, answer: SearchResponse) -> list[Offer]:
    if state.apart and state.asks:
        together = replace(state.closed(), apart=False)
        return [Offer("Each of the same pictures is shown.", "Show them as one", together.address())]
    if any(hit.duplicates for hit in answer.hits):
        each = replace(state.closed(), apart=True)
        return [Offer("The same pictures are shown as one.", "Show each", each.address())]
    return []
