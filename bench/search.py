"""What a search costs over the bare Elasticsearch requests that it sends, query encoding apart.

The sample library is ingested into a real Elasticsearch, and as in `damsight serve` the collector leaves out what is
loaded. Each query's requests are recorded once; then the whole search (with its query vectors at hand) and the bare
requests (the same bodies over the same client's connections) are called in turn, and then by eight clients at once. The
bare side holds what the search sends: one search for the window (two where a facet that is chosen needs counts of its
own) and one for the page's documents.

Usage: python bench/search.py [--rounds 500] [--check]
With --check the exit code is 1 where a whole interval lies above 1.3 at the median or 1.5 at the 99th percentile, or
where a search sends more requests than that.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

from calibrated import calibrated
from elasticsearch import Elasticsearch
from ingest import Bench, consuming
from latency import Recorder, bare, compare, throughput, told
from report import write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_consumer.topics import ensure_topics
from damsight_devstack import running_stack
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.garbage import freeze_what_is_loaded
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, EncodingLimits, IndexSettings, KafkaSettings
from damsight_schemas.search import SearchRequest
from damsight_search.index import ElasticsearchIndex
from damsight_search.relevance.weighing import Weighing
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries

CEILING_P50, CEILING_P99 = 1.3, 1.5
STRETCH_S = 3.0
PUBLIC = ("public",)
REQUESTS = {
    "words": SearchRequest(text="red fruit"),
    "words and facets": SearchRequest(text="animal", facets=["tags", "collections", "kind"]),
    "words and filter": SearchRequest.model_validate(
        {"text": "face", "filters": [{"field": "collections", "value": "Smileys & Emotion"}]}
    ),
    "similar": SearchRequest(like=["bench-pictogram-1f34e"]),
    "200 hits": SearchRequest(text="happy", size=200),
    "a chosen facet": SearchRequest.model_validate(
        {
            "text": "animal",
            "facets": ["collections"],
            "filters": [{"field": "collections", "value": "Animals & Nature"}],
        }
    ),
}
# What is to be like is read first; a chosen facet may be counted beside its own filter.
MOST_REQUESTS = {"similar": 3, "a chosen facet": 3}
WARM_UP = 20


@dataclass(frozen=True)
class Search:
    """What a service of the bench is made of."""

    client: Elasticsearch
    encoder: EncodersForQueries
    weighing: Weighing

    def over(self, index: ElasticsearchIndex) -> SearchService:
        """Return the product's service over an index."""
        return SearchService(index, self.encoder, Cursors(b"only for the bench"), weighing=self.weighing)


def measure(rounds: int) -> dict[str, Any]:
    """Ingest the library, and compare each kind of request."""
    samples = find_samples()
    encoders = load_encoders(offline_models(samples.starter))
    with running_stack() as stack:
        elasticsearch = ElasticsearchSettings(url=stack.elasticsearch_url, timeout_s=60)
        client = connect(elasticsearch)
        create_index(client, IndexSettings(), spaces_of_encoders(encoders))
        ensure_topics(KafkaSettings(bootstrap_servers=stack.kafka_bootstrap))
        with consuming(stack, samples, stack.folder / "consumer.log") as consumer:
            Bench(stack, samples, consumer).ingest("bench")
        client.indices.refresh(index=IndexSettings().alias)
        queries = EncodersForQueries(encoders, PillowDecoder(EncodingLimits()))
        search = Search(client, queries, calibrated(client, IndexSettings().alias, queries))
        freeze_what_is_loaded()
        return {name: compared(search, request, rounds) for name, request in REQUESTS.items()}


def compared(search: Search, request: SearchRequest, rounds: int) -> dict[str, Any]:
    """Compare one request with all that it sends."""
    alias = IndexSettings().alias
    recorder = Recorder(search.client, alias)
    search.over(recorder).search(request, PUBLIC)
    service = search.over(ElasticsearchIndex(search.client, alias))
    whole, sent = [partial(service.search, request, PUBLIC)], [bare(search.client, recorder.bodies, alias)]
    compare(whole, sent, rounds=WARM_UP)
    figures = told(compare(whole, sent, rounds=rounds), throughput(whole, sent, seconds=STRETCH_S))
    return {"requests": len(recorder.bodies), **figures}


def misses(name: str, row: dict[str, Any]) -> bool:
    """Tell whether a request misses a ceiling, or sends more than it may."""
    more = row["requests"] > MOST_REQUESTS.get(name, 2)
    return bool(more or row["p50"]["low"] > CEILING_P50 or row["p99"]["low"] > CEILING_P99)


def main() -> int:
    """Measure, write the result, and tell it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=500)
    arguments.add_argument("--check", action="store_true", help="fail where a ceiling is missed")
    chosen = arguments.parse_args()
    measured = measure(chosen.rounds)
    figures = {"ceiling": {"p50": CEILING_P50, "p99": CEILING_P99}, "search_over_bare": measured}
    print(json.dumps(figures, indent=2))
    print(f"written to {write('search', figures)}")
    return 1 if chosen.check and any(misses(name, row) for name, row in measured.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
