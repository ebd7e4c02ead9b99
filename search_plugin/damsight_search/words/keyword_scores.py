"""The keyword leg's score, 0..1, made here of which words a hit holds and where. Pure.

Elasticsearch's own (BM25) would tell of assets that the asker may not see: how rare a word is and how long texts are
on average is counted over all of them. So each word of the query is a named clause, ``word:0``, ``word:1`` ..., whose
score is the worth of the best field that holds it (`keyword_clauses`), and how rare each is comes from an aggregation
over what the asker may see and the query matches.

The score is the words' worth, weighed by how rare each word is, and a share of what is left to 1 where the words
stand together: 1 is for all words in the best place. It means the same for every query, index and asker.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

PHRASE = "phrase"
"""The named clause for words that stand together."""

COUNTS = "words"
"""The aggregation that counts how many assets hold each word."""

TOGETHER = 0.3


def word_name(place: int) -> str:
    """Return the name of a word's clause, and of its count."""
    return f"word:{place}"


def frequencies_of(aggregations: Mapping[str, Any], words: int) -> tuple[int, ...]:
    """Return how many permitted assets hold each word; all alike where that was not counted, as for a single word."""
    buckets = aggregations.get(COUNTS, {}).get("buckets", {})
    return tuple(buckets.get(word_name(place), {}).get("doc_count", 0) for place in range(words))


def rarities(frequencies: Sequence[int]) -> tuple[float, ...]:
    """Return the weight of each word: the fewer assets hold it beside the most frequent one, the more it says.

    Inverse document frequency (Sparck Jones 1972), with the most frequent word's count for the number of documents.
    """
    most = max(frequencies, default=0) + 1
    return tuple(math.log(1 + most / (frequency + 1)) for frequency in frequencies)


def keyword_score(scores: Mapping[str, float], weights: Sequence[float]) -> float:
    """Return one hit's score, 0..1.

    Args:
        scores: Of its named clauses: ``word:N`` the worth (0..1) of the best field that holds the word, ``phrase``.
        weights: Of each word, from `rarities`.
    """
    total = sum(weights)
    if not total:
        return 0.0
    worth = sum([weight * scores.get(word_name(place), 0.0) for place, weight in enumerate(weights)]) / total
    return min(1.0, worth + (1.0 - worth) * TOGETHER if PHRASE in scores else worth)
