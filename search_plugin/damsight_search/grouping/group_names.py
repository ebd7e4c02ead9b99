"""Names groups by what is said of their members and not of the others'. Pure, and of no language.

Source: class-based tf-idf (Grootendorst, BERTopic, arXiv:2203.05794, 2022), counted in documents rather than words, so
that one talkative caption does not name a group: the share of the group's members that hold a term, times how rare the
term is among the groups. What stands everywhere, as articles do, weighs little wherever it is from, and what a single
member holds tells nothing of the others.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

NAMED_BY = 3
"""How many terms name a group."""

_TERMS = 8
_FEWEST_HOLDERS = 2
_TEXTS = ("title", "caption", "generated_caption")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Somebody chose a tag; a word of a caption may stand there for the grammar alone.
_TAG, _WORD_WEIGHT = 1.0, 0.6


def terms_of(asset: Mapping[str, Any]) -> dict[str, float]:
    """Return the terms of one asset, and how much each counts: tags as they are, words of titles and captions."""
    told: dict[str, float] = {}
    for name in _TEXTS:
        for word in _WORD.findall(str(asset.get(name) or "").casefold()):
            told[word] = _WORD_WEIGHT
    tags = asset.get("tags") or []
    for tag in tags if isinstance(tags, list) else [tags]:
        told[str(tag).casefold().strip()] = _TAG
    told.pop("", None)
    return told


def telling_terms(groups: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[str]]:
    """Return for each group of assets the terms that tell it from the others, the most telling first.

    Args:
        groups: Of equally telling terms the one that comes first in its group goes first.
    """
    shares = [_shares(assets) for assets in groups]
    among: defaultdict[str, float] = defaultdict(float)
    for told in shares:
        for term, share in told.items():
            among[term] += share
    whole = sum(among.values()) / max(1, len(groups))
    return [_best(told, among, whole) for told in shares]


def names_of(terms: Sequence[Sequence[str]], middles: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the groups' names: their first terms; where there are none, or others have the same, with the middle's.

    Args:
        terms: Of each group.
        middles: The asset in the middle of each group.
    """
    names = [", ".join(told[:NAMED_BY]) for told in terms]
    taken = Counter(names)
    return [
        name if name and taken[name] == 1 else " - ".join(filter(None, [name, _title(middle)]))
        for name, middle in zip(names, middles, strict=True)
    ]


def _title(asset: Mapping[str, Any]) -> str:
    return str(asset.get("title") or asset.get("filename") or asset.get("asset_id") or "")


def _shares(assets: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    counted: defaultdict[str, float] = defaultdict(float)
    held: Counter[str] = Counter()
    for asset in assets:
        for term, weight in terms_of(asset).items():
            counted[term] += weight / len(assets)
            held[term] += 1
    least = _FEWEST_HOLDERS if len(assets) > _FEWEST_HOLDERS else 1
    return {term: share for term, share in counted.items() if held[term] >= least}


def _best(told: Mapping[str, float], among: Mapping[str, float], whole: float) -> list[str]:
    worth = {term: share * math.log1p(whole / among[term]) for term, share in told.items()}
    chosen: list[str] = []
    for term in sorted(worth, key=lambda term: -round(worth[term], 9)):
        # "red" says nothing beside "red boat".
        words = set(term.split())
        if not any(words <= set(other.split()) or words >= set(other.split()) for other in chosen):
            chosen.append(term)
        if len(chosen) == _TERMS:
            break
    return chosen
