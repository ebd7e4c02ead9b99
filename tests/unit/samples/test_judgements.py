"""Proves that the judgements are held out, with a reading of the files that shares nothing with the builder."""

import csv
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

UNSPACED = ("zh", "ja")


def spaced(text: str) -> str:
    return " " + " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())) + " "


def written(entry: object) -> str:
    return spaced(json.dumps(entry, ensure_ascii=False))


def occurs(query: dict[str, str], text: str) -> bool:
    word = spaced(query["text"])
    unspaced = query["language"] in UNSPACED and not query["text"].isascii()
    return (word.strip() if unspaced else word) in text


def test_words_held_out_everywhere_occur_nowhere(
    library: list[dict[str, Any]], lessons: dict[str, dict[str, Any]], queries: list[dict[str, str]]
) -> None:
    """A `nowhere` word is in no line of the library and in no text that the starter was taught."""
    everything = written(library) + written([(entry["names"], entry["keywords"]) for entry in lessons.values()])
    assert [query["text"] for query in queries if query["kind"] == "nowhere" and occurs(query, everything)] == []


def test_a_picture_that_lost_a_word_lost_it_in_metadata_and_in_lessons(
    library: list[dict[str, Any]],
    lessons: dict[str, dict[str, Any]],
    queries: list[dict[str, str]],
    judgements: dict[str, list[str]],
) -> None:
    """A `partly` word is with some of its pictures and, with the others, neither in metadata nor in lessons."""
    metadata = {entry["asset_id"]: written(entry) for entry in library}
    taught = {asset_id: written([entry["names"], entry["keywords"]]) for asset_id, entry in lessons.items()}
    for query in (query for query in queries if query["kind"] == "partly"):
        relevant = judgements[query["query_id"]]
        kept = [asset_id for asset_id in relevant if occurs(query, taught[asset_id])]
        lost = set(relevant) - set(kept)
        assert len(lost) >= len(relevant) // 2, query
        assert not any(occurs(query, metadata[asset_id]) for asset_id in lost), query


def test_every_query_has_judgements_about_pictures_of_the_library(
    library: list[dict[str, Any]], queries: list[dict[str, str]], judgements: dict[str, list[str]]
) -> None:
    """queries.tsv and judgements.tsv speak of the same queries and of assets that exist, each once."""
    assets = {entry["asset_id"] for entry in library}
    assert {query["query_id"] for query in queries} == set(judgements)
    for relevant in judgements.values():
        assert set(relevant) <= assets
        assert len(set(relevant)) == len(relevant)


def test_seven_languages_are_judged(queries: list[dict[str, str]]) -> None:
    """Each language has enough queries of both kinds to average over."""
    counted = Counter((query["language"], query["kind"]) for query in queries)
    assert {language for language, _ in counted} == {"en", "de", "fr", "es", "zh", "ja", "ar"}
    assert min(counted.values()) >= 40


def test_words_for_showing_search_by_picture_are_in_no_metadata(
    samples: Path, library: list[dict[str, Any]], lessons: dict[str, dict[str, Any]]
) -> None:
    """picture_words.tsv names words that only a picture model can find: taught, and in nobody's metadata."""
    metadata = written(library)
    with (samples / "library" / "picture_words.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) > 1000
    for row in rows:
        assert not occurs({"language": row["language"], "text": row["word"]}, metadata), row["word"]
        for asset_id in row["asset_ids"].split():
            assert row["word"] in lessons[asset_id]["keywords"][row["language"]]
