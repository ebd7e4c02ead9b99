"""What the card claims, measured: names in seven languages, words it was taught, and words it never saw."""

import csv
import io
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from damsight_samples.pictograms import DEBIAN_FONT, draw, open_font
from damsight_samples.render import as_jpeg, compose, foreign_look
from damsight_samples.starter.lessons import LessonBook
from damsight_samples.starter.measure import Starter, mean_recall, ndcg, recall
from damsight_samples.words import folded, phrase

_DEPTH = 10


@dataclass(frozen=True)
class Judgement:
    """One judged query; `relevant` and `lost` are row numbers of lessons.jsonl."""

    language: str
    kind: str
    text: str
    relevant: set[int]
    lost: set[int]


def library_pictures(library: Path, book: LessonBook) -> list[Image.Image]:
    """The library's own pictures, in the order of the lessons."""
    entries = [json.loads(line) for line in (library / "library.jsonl").read_text(encoding="utf-8").splitlines()]
    paths = {entry["asset_id"]: library / entry["media"]["uri"] for entry in entries}
    return [_opened(paths[asset_id].read_bytes()) for asset_id in book.asset_ids]


def foreign_pictures(book: LessonBook, *, seed: int, font: Path = DEBIAN_FONT) -> list[Image.Image]:
    """Every pictogram rendered anew, in looks that neither the library nor training uses, through real JPEG."""
    opened = open_font(font)
    pictures = []
    for character, asset_id in zip(book.characters, book.asset_ids, strict=True):
        chance = random.Random(f"foreign {seed} {asset_id}")  # noqa: S311 - reproducible, nothing secret
        look = foreign_look(chance)
        pictures.append(_opened(as_jpeg(compose(draw(character, opened), look, chance), look.quality)))
    return pictures


def read_judgements(library: Path, book: LessonBook) -> list[Judgement]:
    """queries.tsv with judgements.tsv; a relevant picture that may not be taught the word counts as lost."""
    rows = {asset_id: row for row, asset_id in enumerate(book.asset_ids)}
    relevant: dict[str, set[int]] = defaultdict(set)
    for line in (library / "judgements.tsv").read_text(encoding="utf-8").splitlines():
        query_id, _, asset_id, _ = line.split()
        relevant[query_id].add(rows[asset_id])
    with (library / "queries.tsv").open(encoding="utf-8") as lines:
        queries = list(csv.DictReader(lines, delimiter="\t"))
    return [_judgement(query, relevant[query["query_id"]], book) for query in queries]


def measure_names(starter: Starter, pictures: torch.Tensor, book: LessonBook) -> dict[str, dict[str, float]]:
    """Recall@1 and @10 of each language's names over all pictures; pictures of one name count as one answer."""
    found = {}
    for language in book.names[0]:
        names = [names[language] for names in book.names]
        same: dict[str, set[int]] = defaultdict(set)
        for row, name in enumerate(names):
            same[folded(name)].add(row)
        texts, wanted = starter.texts(names), [same[folded(name)] for name in names]
        found[language] = {
            "recall_at_1": recall(texts, pictures, wanted, depth=1),
            "recall_at_10": recall(texts, pictures, wanted, depth=_DEPTH),
        }
    return found


def measure_taught_words(starter: Starter, pictures: torch.Tensor, library: Path, book: LessonBook) -> dict[str, Any]:
    """Words that are in nobody's metadata but were taught (picture_words.tsv), by language."""
    rows = {asset_id: row for row, asset_id in enumerate(book.asset_ids)}
    words: dict[str, list[tuple[str, set[int]]]] = defaultdict(list)
    with (library / "picture_words.tsv").open(encoding="utf-8") as lines:
        for entry in csv.DictReader(lines, delimiter="\t"):
            words[entry["language"]].append((entry["word"], {rows[one] for one in entry["asset_ids"].split()}))
    return {language: _scores(starter, pictures, pairs) for language, pairs in words.items()}


def measure_judgements(starter: Starter, pictures: torch.Tensor, judgements: Sequence[Judgement]) -> dict[str, Any]:
    """nDCG@10 and recall@10 by language and kind; `partly_lost` ranks only pictures that were not taught the word."""
    grouped: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        grouped[judgement.language, judgement.kind].append(judgement)
    found: dict[str, Any] = defaultdict(dict)
    for (language, kind), group in grouped.items():
        pairs = [(judgement.text, judgement.relevant) for judgement in group]
        found[language][kind] = _scores(starter, pictures, pairs)
        if kind == "partly":
            found[language]["partly_lost"] = _lost_scores(starter, pictures, group)
    return dict(found)


def _scores(starter: Starter, pictures: torch.Tensor, pairs: Sequence[tuple[str, set[int]]]) -> dict[str, float]:
    texts, wanted = starter.texts([text for text, _ in pairs]), [relevant for _, relevant in pairs]
    return {
        "queries": len(pairs),
        "ndcg_at_10": ndcg(texts, pictures, wanted, depth=_DEPTH),
        "recall_at_10": mean_recall(texts, pictures, wanted, depth=_DEPTH),
    }


def _lost_scores(starter: Starter, pictures: torch.Tensor, group: Sequence[Judgement]) -> dict[str, float]:
    """As `_scores`, with the pictures that kept the word taken out of the ranking."""
    gains = recalls = 0.0
    for judgement in group:
        text = starter.texts([judgement.text])
        scores = pictures.clone()
        scores[sorted(judgement.relevant - judgement.lost)] = -text  # the farthest any picture can be
        gains += ndcg(text, scores, [judgement.lost], depth=_DEPTH)
        recalls += mean_recall(text, scores, [judgement.lost], depth=_DEPTH)
    return {"queries": len(group), "ndcg_at_10": gains / len(group), "recall_at_10": recalls / len(group)}


def _judgement(query: dict[str, str], relevant: set[int], book: LessonBook) -> Judgement:
    language, text = query["language"], query["text"]
    taught = {row for row in relevant if phrase(text) in {phrase(word) for word in book.keywords[row][language]}}
    return Judgement(language=language, kind=query["kind"], text=text, relevant=relevant, lost=relevant - taught)


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")
