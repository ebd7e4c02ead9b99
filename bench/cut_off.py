"""What the cut-off leaves out and what it keeps, beside every single raw threshold on the same hits.

The sample library is indexed and calibrated from itself alone. Its 1,080 judged queries, 200 that mean nothing and 200
about things that it does not hold (bench/queries/README.md) are each one search, whose hits of all legs are taken
before anything is cut. Told for each way of scoring a hit, at the threshold that leaves out nine in ten hits of both
lists without an answer:

- keep: the share of the judged hits (relevant assets that some leg brought) that stay.
- one: the share of the answerable queries (those with such a hit) that keep at least one.
- empty: the share of the unanswerable queries that are answered with nothing.
- other: the share of the answerable queries' hits that stay though nobody judged them relevant. A rule that keeps all
  of a query that seems to have an answer cuts nothing there; this tells it.

Thresholds are fitted on the queries with an even number and measured on those with an odd one; intervals are the 2.5th
and 97.5th percentile of 1,000 draws of queries with replacement. The product's own line is "auto" as it is.

Usage: python bench/cut_off.py [--every 1]
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from library_index import index_library
from neighbours import Vectors, centred, with_neighbours
from numpy.typing import NDArray
from report import write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_cli.evaluation.asking import Asked, ask_all
from damsight_cli.evaluation.judged import JudgedQuery, read_judged
from damsight_devstack import running_stack
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders
from damsight_index import connect
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_schemas.connections import ElasticsearchSettings, EncodingLimits, IndexSettings
from damsight_schemas.search import Leg
from damsight_search.bootstrap import wire
from damsight_search.index import ElasticsearchIndex
from damsight_search.principal import Principals
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.relevance.cutting import AUTO
from damsight_search.relevance.fusion import Candidate, weighed
from damsight_search.settings import load_settings
from damsight_search.vectors.query_encoder import EncodersForQueries

EVERYBODY = Principals(["public", "group:press", "user:anna"])
QUERIES = Path(__file__).resolve().parent / "queries"
DROP = 0.9
DRAWS = 1000
SEED = 20261121
Score = Callable[[Asked], Mapping[str, float]]


class Hits(NamedTuple):
    """One query's hits under one way of scoring: their scores, and which are relevant. Shapes (hits,)."""

    scores: NDArray[np.float64]
    relevant: NDArray[np.bool_]


def main() -> None:
    """Measure, write and tell."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--every", type=int, default=1, help="ask each so many-th query")
    asked, captions = asked_of_the_library(arguments.parse_args().every)
    figures = measured(asked, captions)
    for name, row in figures["ways"].items():
        print(name, row)
    print(f"written to {write('cut_off', figures)}")


def asked_of_the_library(every: int) -> tuple[dict[str, list[Asked]], Vectors]:
    """Index, calibrate, and ask the three lists; return what was said, and the assets' caption vectors, centred."""
    samples = find_samples()
    library = samples.library.parent
    lists = {
        "judged": read_judged(library / "judgements.tsv", library / "queries.tsv")[::every],
        "nonsense": unanswerable("nonsense")[::every],
        "not in library": unanswerable("not_in_library")[::every],
    }
    encoders = load_encoders(offline_models(samples.starter))
    with running_stack() as stack:
        elasticsearch = ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60)
        client = connect(elasticsearch)
        index_library(client, IndexSettings(), samples.library, encoders)
        queries = EncodersForQueries(encoders, PillowDecoder(EncodingLimits()))
        records = ElasticsearchOwnRecords(client, IndexSettings().alias)
        Calibrator(ElasticsearchIndex(client, IndexSettings().alias), queries, records).calibrate()
        captions = _captions(client)
        client.close()
        search = wire(load_settings(elasticsearch=elasticsearch), encoder=queries)
        try:
            said = {
                name: ask_all(search.service, several, EVERYBODY, lambda _step, _done, _total: None)
                for name, several in lists.items()
            }
        finally:
            search.close()
    return said, captions


def _captions(client: Elasticsearch) -> Vectors:
    wanted = {"_source": {"includes": ["asset_id", "caption_vector"], "exclude_vectors": False}}
    held = (hit["_source"] for hit in scan(client, index=IndexSettings().alias, query=wanted))
    return centred({one["asset_id"]: np.asarray(one["caption_vector"], dtype=np.float32) for one in held})


def unanswerable(name: str) -> list[JudgedQuery]:
    """Return a list of queries without an answer."""
    lines = (QUERIES / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return [JudgedQuery(query_id, language, kind, text, {}) for query_id, language, kind, text in rows]


def measured(asked: Mapping[str, Sequence[Asked]], captions: Vectors) -> dict[str, Any]:
    """Return every figure."""
    held = {name: several[1::2] for name, several in asked.items()}
    fitted = {name: several[::2] for name, several in asked.items()}
    ways = {}
    for name, score in _ways(captions).items():
        threshold = _threshold(_hits(fitted, score))
        ways[name] = {"threshold": round(threshold, 4), **_told(_hits(held, score), threshold)}
    ours = _hits(asked, _relevance)
    languages = sorted({one.query.language for one in asked["judged"]})
    by_language = {
        language: _told(_hits(_of(asked, language), _relevance), AUTO, intervals=False) for language in languages
    }
    return {
        "drop": DROP,
        "queries": {name: len(several) for name, several in asked.items()},
        "auto": {"at_least": AUTO, "held_out": _told(_hits(held, _relevance), AUTO), "all": _told(ours, AUTO)},
        "auto_by_language": by_language,
        "ways": ways,
        "curves": {name: _curve(_hits(asked, score)) for name, score in _ways(captions).items()},
    }


def _ways(captions: Vectors) -> dict[str, Score]:
    return {
        "relevance": _relevance,
        **{f"with neighbours, {weight}": _neighboured(captions, weight) for weight in (0.5, 1.0, 2.0)},
        "rank fusion": _by_ranks,
        "raw keyword": lambda one: _raw(one, ("keyword",)),
        "raw image": lambda one: _raw(one, ("image",)),
        "raw caption": lambda one: _raw(one, ("caption",)),
        "largest raw vector score": lambda one: _raw(one, ("image", "caption")),
        "largest raw score": lambda one: _raw(one, ("image", "caption", "keyword")),
    }


def _relevance(one: Asked) -> dict[str, float]:
    return {hit.asset_id: hit.relevance for hit in weighed(one.candidates, one.weights)}


def _neighboured(captions: Vectors, weight: float) -> Score:
    return lambda one: with_neighbours(one, captions, weight)


def _by_ranks(one: Asked) -> dict[str, float]:
    bare = [
        Candidate(candidate.asset_id, tuple(seen._replace(evidence=None) for seen in candidate.legs))
        for candidate in one.candidates
    ]
    return {hit.asset_id: hit.relevance for hit in weighed(bare, dict.fromkeys(one.weights, 1.0))}


def _raw(one: Asked, legs: Sequence[Leg]) -> dict[str, float]:
    return {
        candidate.asset_id: max((seen.score for seen in candidate.legs if seen.leg in legs), default=0.0)
        for candidate in one.candidates
    }


def _hits(asked: Mapping[str, Sequence[Asked]], score: Score) -> dict[str, list[Hits]]:
    return {name: [_of_query(one, score) for one in several] for name, several in asked.items()}


def _of_query(one: Asked, score: Score) -> Hits:
    scored = score(one)
    relevant = [one.query.grades.get(asset_id, 0) > 0 for asset_id in scored]
    return Hits(np.array(list(scored.values()), dtype=np.float64), np.array(relevant, dtype=bool))


def _of(asked: Mapping[str, Sequence[Asked]], language: str) -> dict[str, list[Asked]]:
    # Random strings are in no language, and so in each.
    return {name: [one for one in several if one.query.language in (language, "-")] for name, several in asked.items()}


def _threshold(hits: Mapping[str, Sequence[Hits]]) -> float:
    """Return the least threshold that leaves out nine in ten hits of both lists."""
    lists = [np.concatenate([one.scores for one in several]) for name, several in hits.items() if name != "judged"]
    return float(max(np.nextafter(np.quantile(scores, DROP, method="higher"), np.inf) for scores in lists))


def _told(hits: Mapping[str, Sequence[Hits]], threshold: float, *, intervals: bool = True) -> dict[str, Any]:
    draw = np.random.default_rng(SEED)
    told: dict[str, Any] = {}
    for name, several in hits.items():
        counts = _counts(several, threshold)
        told |= {
            f"{figure} {name}" if name != "judged" else figure: _figure(columns, draw, intervals=intervals)
            for figure, columns in _ratios(counts, judged=name == "judged").items()
        }
    return told


def _counts(several: Sequence[Hits], threshold: float) -> NDArray[np.float64]:
    """Return (hits, kept, relevant, relevant that are kept) of each query, shape (queries, 4)."""
    return np.array(
        [
            (len(one.scores), (one.scores >= threshold).sum(), one.relevant.sum(),
             (one.relevant & (one.scores >= threshold)).sum())
            for one in several
        ],
        dtype=np.float64,
    ).reshape(-1, 4)  # fmt: skip


def _ratios(counts: NDArray[np.float64], *, judged: bool) -> dict[str, NDArray[np.float64]]:
    """Return numerator and denominator of each figure, shape (queries, 2)."""
    hits, kept, relevant, right = counts.T
    if judged:
        others = np.stack([kept - right, hits - relevant], 1) * (relevant > 0)[:, None]
        one = np.stack([right > 0, relevant > 0], 1).astype(float)
        return {"keep": np.stack([right, relevant], 1), "one": one, "other": others}
    return {
        "drop": np.stack([hits - kept, hits], 1),
        "empty": np.stack([kept == 0, np.ones_like(kept)], 1).astype(float),
    }


def _figure(columns: NDArray[np.float64], draw: np.random.Generator, *, intervals: bool) -> Any:
    whole = columns.sum(0)
    value = round(float(whole[0] / max(whole[1], 1)), 3)
    if not intervals:
        return value
    picks = draw.integers(0, len(columns), (DRAWS, len(columns)))
    drawn = columns[picks].sum(1)
    low, high = np.quantile(drawn[:, 0] / np.maximum(drawn[:, 1], 1), [0.025, 0.975])
    return [value, round(float(low), 3), round(float(high), 3)]


def _curve(hits: Mapping[str, Sequence[Hits]]) -> list[dict[str, float]]:
    """Return what is kept at each share that is dropped of the hits without an answer."""
    lists = [np.concatenate([one.scores for one in several]) for name, several in hits.items() if name != "judged"]
    curve = []
    for drop in (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99):
        threshold = float(max(np.nextafter(np.quantile(scores, drop, method="higher"), np.inf) for scores in lists))
        told = _told({"judged": hits["judged"]}, threshold, intervals=False)
        curve.append({"drop": drop, "threshold": round(threshold, 4), **told})
    return curve


if __name__ == "__main__":
    main()
