"""How well a few examples become a concept, and labels become tags, on the sample library with the starter checkpoint.

Concepts: for each large collection (an emoji group) 1, 5 + 5 and 10 + 10 examples are drawn at random; the probe orders
all other pictures. Told are precision at 50 and average precision beside chance (the collection's share), and of what
lies beyond the threshold how many there are and how many of them are right.

Tags: the labels are the library's own tags and, apart, the English words that were held out of all metadata (CLDR gives
them to pictures; the judgements). Told is how many of those suggested at a confidence of 0.5 and 0.9 are right. CLDR's
keywords are short, so a label that it does not give may still fit: these figures are the least.

Usage: python bench/concepts.py [--repeats 10] [--check]
With --check the exit code is 1 where a figure is below its floor; the floors are below what was measured by about three
standard errors, and above what chance does.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from report import write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_encoders.decode import FileDecoder
from damsight_encoders.load import load_encoders
from damsight_search.learning.background_sample import SAMPLED
from damsight_search.learning.label_scores import background_of
from damsight_search.learning.probe import Rows, fit
from damsight_search.learning.vocabularies import MOST_LABELS

SEED = 20261121
FEWEST = 60
_BATCH = 32
FLOORS = {"lift_at_50": 2.0, "precision_beyond_threshold": 0.4, "own_tags_at_0.9": 0.5, "held_out_lift_at_0.5": 10.0}


@dataclass(frozen=True)
class Library:
    """The pictures' vectors, shape (pictures, dimensions), with their rows of the JSONL."""

    vectors: Rows
    rows: Sequence[Mapping[str, Any]]

    @property
    def tags(self) -> list[set[str]]:
        """Return each picture's tags."""
        return [{str(tag) for tag in row["metadata"]["tags"]} for row in self.rows]


def main() -> None:
    """Measure, write, and check where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    samples = find_samples()
    encoder = load_encoders(offline_models(samples.starter)).joint
    if encoder is None:
        raise SystemExit("the starter checkpoint is not there")
    library = _encoded(encoder, samples.library)

    def worded(labels: Sequence[str]) -> Rows:
        parts = [
            encoder.encode_texts(list(labels[at : at + _BATCH]), purpose="query")
            for at in range(0, len(labels), _BATCH)
        ]
        return np.concatenate(parts)

    concepts = {
        f"{good}+{bad}": _concepts(library, good, bad, asked.repeats) for good, bad in ((1, 0), (5, 5), (10, 10))
    }
    own, held_out = _own_tags(library), _held_out(library)
    tags = {
        "own_tags": _tags(library, own, worded(list(own)), leave_out_own=False),
        "held_out_words": _tags(library, held_out, worded(list(held_out)), leave_out_own=True),
    }
    summary = _summary(concepts["5+5"], tags)
    write(
        "concepts",
        {"pictures": len(library.rows), "concepts": concepts, "tags": tags, "summary": summary, "floors": FLOORS},
    )
    print(json.dumps(summary, indent=2))
    low = [f"{name}: {summary[name]} is below {floor}" for name, floor in FLOORS.items() if summary[name] < floor]
    if asked.check and low:
        sys.exit("\n".join(low))


def _encoded(encoder: Any, place: Any) -> Library:
    rows = [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
    decoder, vectors = FileDecoder(), []
    for start in range(0, len(rows), _BATCH):
        files = [place.parent / row["media"]["uri"] for row in rows[start : start + _BATCH]]
        pictures = [decoder.decode(file.read_bytes(), at_least=2 * encoder.input_size) for file in files]
        vectors.append(encoder.encode_images([encoder.prepare(picture) for picture in pictures]))
    return Library(np.concatenate(vectors).astype(np.float32), rows)


def _concepts(library: Library, good: int, bad: int, repeats: int) -> list[dict[str, Any]]:
    members: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(library.rows):
        members[row["metadata"]["collections"][0]].append(place)
    return [
        {
            "collection": name,
            "chance": round(len(places) / len(library.rows), 3),
            **_probed(library, places, good, bad, repeats),
        }
        for name, places in members.items()
        if len(places) >= FEWEST
    ]


def _probed(library: Library, places: Sequence[int], good: int, bad: int, repeats: int) -> dict[str, Any]:
    draw, every = np.random.default_rng(SEED), np.arange(len(library.rows))
    outside = np.setdiff1d(every, places)
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(repeats):
        shown, others = draw.choice(places, good, replace=False), draw.choice(outside, bad, replace=False)
        background = draw.choice(np.setdiff1d(every, shown), min(SAMPLED, len(every) - good), replace=False)
        probe = fit(library.vectors[shown], library.vectors[others], library.vectors[background])
        rest = np.setdiff1d(every, [*shown, *others])
        scores, right = library.vectors[rest] @ probe.direction, np.isin(rest, places)
        ordered = right[np.argsort(-scores)]
        found["precision_at_50"].append(float(ordered[:50].mean()))
        found["average_precision"].append(float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1))[ordered].mean()))
        found["beyond_threshold"].append(float((scores >= probe.threshold).sum()))
        found["right_beyond_threshold"].append(float(right[scores >= probe.threshold].sum()))
        found["told_as_separable"].append(float(probe.separates))
    return {name: round(float(np.mean(values)), 3) for name, values in found.items()}


def _own_tags(library: Library) -> dict[str, set[int]]:
    held: dict[str, set[int]] = defaultdict(set)
    for place, tags in enumerate(library.tags):
        for tag in tags:
            held[tag].add(place)
    frequent = sorted((tag for tag in held if len(held[tag]) > 1), key=lambda tag: (-len(held[tag]), tag))
    return {tag: held[tag] for tag in frequent[:MOST_LABELS]}


def _held_out(library: Library) -> dict[str, set[int]]:
    folder = find_samples().library.parent
    places = {row["asset_id"]: place for place, row in enumerate(library.rows)}
    words = {}
    for line in (folder / "queries.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query_id, language, _, text = line.split("\t")
        if language == "en":
            words[query_id] = text
    held: dict[str, set[int]] = defaultdict(set)
    for line in (folder / "judgements.tsv").read_text(encoding="utf-8").splitlines():
        query_id, _, asset_id, _ = line.split()
        if query_id in words:
            held[words[query_id]].add(places[asset_id])
    return dict(held)


def _tags(library: Library, labels: Mapping[str, set[int]], rows: Rows, *, leave_out_own: bool) -> dict[str, Any]:
    names = list(labels)
    sample = np.random.default_rng(SEED).choice(len(library.rows), SAMPLED, replace=False)
    sure = background_of(rows, library.vectors[sample]).confidences(library.vectors)
    right: NDArray[np.bool_] = np.zeros_like(sure, dtype=bool)
    for column, name in enumerate(names):
        right[list(labels[name]), column] = True
    if leave_out_own:
        for place, tags in enumerate(library.tags):
            known = [column for column, name in enumerate(names) if name in tags]
            sure[place, known], right[place, known] = -1.0, False
    asked = sure >= 0
    told: dict[str, Any] = {"labels": len(names), "chance": round(float(right[asked].mean()), 5)}
    for least in (0.5, 0.9):
        suggested = sure >= least
        count = int(suggested.sum())
        precision = round(float(right[suggested].mean()), 3) if count else None
        told[f"at_{least}"] = {
            "suggested": count,
            "precision": precision,
            "recall": round(float(suggested[right].mean()), 3),
        }
    return told


def _summary(concepts: Sequence[Mapping[str, Any]], tags: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    beyond = sum(row["beyond_threshold"] for row in concepts)
    held_out = tags["held_out_words"]
    return {
        "lift_at_50": round(float(np.mean([row["precision_at_50"] / row["chance"] for row in concepts])), 2),
        "precision_beyond_threshold": round(sum(row["right_beyond_threshold"] for row in concepts) / max(beyond, 1), 3),
        "own_tags_at_0.9": tags["own_tags"]["at_0.9"]["precision"] or 0.0,
        "held_out_lift_at_0.5": round((held_out["at_0.5"]["precision"] or 0.0) / held_out["chance"], 1),
    }


if __name__ == "__main__":
    main()
