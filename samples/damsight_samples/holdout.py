"""Decides, by a fixed seed, which keywords are metadata, which are taught only, and which are judgements.

Three fates for a keyword that CLDR gives a pictogram:
  kept     it is one of the asset's tags (English only) and may be taught to the starter checkpoint;
  taught   it is in nobody's metadata; the starter may learn it (a picture model knows words that a cataloguer
           did not write);
  judged   it is held out, and the pictograms that CLDR gives it are the relevant ones.
A judged word is of one of two kinds. `nowhere`: it occurs in no metadata and no training text at all.
`partly`: about half of its pictograms keep it (tag or lesson), the others lost it everywhere.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from damsight_samples.annotations import LANGUAGES, Annotated
from damsight_samples.words import folded, is_unspaced, phrase, pieces, pieces_of_all

_ENGLISH_NOWHERE, _ENGLISH_PARTLY, _ENGLISH_TAUGHT_ONLY = 200, 200, 300
_OTHER_NOWHERE, _OTHER_PARTLY = 60, 60
_MOST_RELEVANT = 40
_LONGEST_QUERY = 3  # words; `pieces` sees phrases of twice that


@dataclass(frozen=True)
class Judged:
    """One query with the codes of the pictograms that CLDR gives its word."""

    language: str
    kind: str
    word: str
    relevant: tuple[str, ...]
    lost_by: tuple[str, ...]


@dataclass(frozen=True)
class Split:
    """Who keeps which words: tags and lessons (taught texts per language) by code, and the judged queries."""

    tags: dict[str, tuple[str, ...]]
    lessons: dict[str, dict[str, tuple[str, ...]]]
    judged: tuple[Judged, ...]


def split_keywords(assets: Sequence[Annotated], *, seed: int, always_there: Iterable[str]) -> Split:
    """Give every keyword its fate; `always_there` are texts of the metadata besides names (captions, filenames)."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible draw, nothing secret
    in_names = pieces_of_all([*always_there, *(name for asset in assets for name in asset.names.values())])
    holders = {language: _holders(assets, language) for language in LANGUAGES}
    in_phrases = pieces_of_all(
        word for by_word in holders.values() for word in by_word if len(phrase(word).split()) > 1
    )
    judged: list[Judged] = []
    taken: set[str] = set()
    taught_only: set[str] = set()
    for language in LANGUAGES:
        counts = (_ENGLISH_NOWHERE, _ENGLISH_PARTLY) if language == "en" else (_OTHER_NOWHERE, _OTHER_PARTLY)
        usable = _usable(holders[language], in_names | in_phrases | taken)
        nowhere = _draw(usable, counts[0], chance, fewest=1, but_not=set())
        partly = _draw(usable, counts[1], chance, fewest=4, but_not=set(nowhere))
        judged += [Judged(language, "nowhere", word, usable[word], usable[word]) for word in nowhere]
        judged += [Judged(language, "partly", word, usable[word], _half(usable[word], chance)) for word in partly]
        taken |= {phrase(word) for word in [*nowhere, *partly]}
        if language == "en":
            taught_only = set(_draw(usable, _ENGLISH_TAUGHT_ONLY, chance, fewest=1, but_not={*nowhere, *partly}))
    lessons = _lessons(assets, judged)
    return Split(tags=_tags(lessons, taught_only), lessons=lessons, judged=tuple(judged))


def _holders(assets: Sequence[Annotated], language: str) -> dict[str, tuple[str, ...]]:
    """Folded keyword -> codes of the pictograms that have it."""
    found: dict[str, list[str]] = defaultdict(list)
    for asset in assets:
        for word in dict.fromkeys(folded(word) for word in asset.keywords[language]):
            found[word].append(asset.code)
    return {word: tuple(codes) for word, codes in found.items()}


def _usable(holders: dict[str, tuple[str, ...]], spoken_for: set[str]) -> dict[str, tuple[str, ...]]:
    """Words that a person would type, that are in no name and inside no longer keyword."""
    return {
        word: codes
        for word, codes in holders.items()
        if len(word) >= (2 if is_unspaced(word) else 3)
        and word.replace(" ", "").isalpha()
        and len(word.split()) <= _LONGEST_QUERY
        and len(codes) <= _MOST_RELEVANT
        and phrase(word) not in spoken_for
    }


def _draw(
    usable: dict[str, tuple[str, ...]], count: int, chance: random.Random, *, fewest: int, but_not: set[str]
) -> list[str]:
    """Draw words, half of them from those with three or more pictograms so that rare words do not crowd them out."""
    pool = sorted(word for word, codes in usable.items() if len(codes) >= fewest and word not in but_not)
    chance.shuffle(pool)
    common: Callable[[str], bool] = lambda word: len(usable[word]) >= 3  # noqa: E731, PLR2004 - read once, below
    often = [word for word in pool if common(word)][: count // 2]
    rest = [word for word in pool if word not in set(often)]
    return sorted([*often, *rest[: count - len(often)]])


def _half(codes: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    return tuple(sorted(chance.sample(codes, len(codes) // 2)))


def _lessons(assets: Sequence[Annotated], judged: Sequence[Judged]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What may be taught of each pictogram: its keywords less the held-out ones, in whatever language they stand."""
    nowhere = {phrase(query.word) for query in judged if query.kind == "nowhere"}
    lost: dict[str, set[str]] = defaultdict(set)
    for query in judged:
        for code in query.lost_by:
            lost[code].add(phrase(query.word))
    return {
        asset.code: {
            language: _allowed(asset.keywords[language], asset.names[language], nowhere | lost[asset.code])
            for language in LANGUAGES
        }
        for asset in assets
    }


def _allowed(keywords: Iterable[str], name: str, held_out: set[str]) -> tuple[str, ...]:
    return tuple(
        word for word in dict.fromkeys(keywords) if folded(word) != folded(name) and not pieces(word) & held_out
    )


def _tags(lessons: dict[str, dict[str, tuple[str, ...]]], taught_only: set[str]) -> dict[str, tuple[str, ...]]:
    """English lessons less the words that are taught only."""
    hidden = {phrase(word) for word in taught_only}
    return {code: tuple(word for word in lesson["en"] if not pieces(word) & hidden) for code, lesson in lessons.items()}
