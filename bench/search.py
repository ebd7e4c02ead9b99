"""What a search costs over the bare Elasticsearch requests that it sends, query encoding apart.

The sample library is ingested into a real Elasticsearch. Each query's requests are recorded once; then the whole
search (with its query vectors at hand) and the bare requests (the same bytes over the same client's connections) are
timed in turn. The bare side holds what the search sends: one search for the window and one for the page's documents.

Usage: python bench/search.py [--rounds 30] [--check]
The first request alone is a second yardstick.
With --check the exit code is 1 where a whole interval over all requests lies above 1.5.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial

import orjson
from elasticsearch import Elasticsearch
from ingest import Bench, consuming
from paired import Ratio, compare
from report import write

from damsight_cli.demonstration.models import offline_models
from damsight_cli.demonstration.samples import find_samples
from damsight_devstack import running_stack
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.load import load_encoders, spaces_of_encoders
from damsight_index import connect, create_index
from damsight_schemas.connections import ElasticsearchSettings, EncodingLimits, IndexSettings
from damsight_schemas.search import SearchRequest
from damsight_search.index import ElasticsearchIndex
from damsight_search.paging import Cursors
from damsight_search.ports import Answer, Body
from damsight_search.query_encoder import EncodersForQueries
from damsight_search.service import SearchService

CEILING = 1.5
PUBLIC = ("public",)
JSON = {"content-type": "application/json", "accept": "application/json"}
REQUESTS = {
    "words": SearchRequest(text="red fruit"),
    "words and facets": SearchRequest(text="animal", facets=["tags", "collections", "kind"]),
    "words and filter": SearchRequest.model_validate(
        {"text": "face", "filters": [{"field": "collections", "value": "Smileys & Emotion"}]}
    ),
    "similar": SearchRequest(like=["bench-pictogram-1f34e"]),
    "200 hits": SearchRequest(text="happy", size=200),
}


@dataclass(frozen=True)
class Search:
    """What is measured, and its encoder."""

    service: SearchService
    encoder: EncodersForQueries


@dataclass(frozen=True)
class Compared:
    """What a search costs.

    Attributes:
        requests: How many it sends.
        over_all: Over all of them, bare.
        over_first: Over the first alone, bare: what reading the page's documents adds is in it.
    """

    requests: int
    over_all: Ratio
    over_first: Ratio


class Recorder(ElasticsearchIndex):
    """The real index, which keeps the bodies that pass."""

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        super().__init__(client, alias)
        self.bodies: list[bytes] = []

    def search(self, body: Body) -> Answer:
        """Keep the body and execute it."""
        self.bodies.append(orjson.dumps(body))
        return super().search(body)


def bare(client: Elasticsearch, bodies: list[bytes], alias: str) -> Callable[[], None]:
    """Return what sends the recorded bodies and reads the answers' JSON, and nothing more."""
    path = f"/{alias}/_search?include_named_queries_score=true"

    def send() -> None:
        for body in bodies:
            client.perform_request("POST", path, headers=JSON, body=body)

    return send


def measure(rounds: int, calls: int) -> dict[str, Compared]:
    """Ingest the library, and compare each kind of request."""
    samples = find_samples()
    encoders = load_encoders(offline_models(samples.starter))
    with running_stack() as stack:
        elasticsearch = ElasticsearchSettings(url=stack.elasticsearch_url)
        client = connect(elasticsearch)
        create_index(client, IndexSettings(), spaces_of_encoders(encoders))
        with consuming(stack, samples, stack.folder / "consumer.log") as consumer:
            Bench(stack, samples, consumer).ingest("bench")
        client.indices.refresh(index=IndexSettings().alias)
        queries = EncodersForQueries(encoders, PillowDecoder(EncodingLimits()))
        service = SearchService(ElasticsearchIndex(client, IndexSettings().alias), queries, Cursors(b"for the bench"))
        search = Search(service, queries)
        return {name: compared(search, client, request, rounds, calls) for name, request in REQUESTS.items()}


def compared(search: Search, client: Elasticsearch, request: SearchRequest, rounds: int, calls: int) -> Compared:
    """Compare one request with all that it sends, and with its first request alone."""
    alias = IndexSettings().alias
    recorder = Recorder(client, alias)
    SearchService(recorder, search.encoder, Cursors(b"only for the bench")).search(request, PUBLIC)
    whole = partial(search.service.search, request, PUBLIC)
    everything, first = bare(client, recorder.bodies, alias), bare(client, recorder.bodies[:1], alias)
    for _ in range(calls):
        whole()
        everything()
    return Compared(
        requests=len(recorder.bodies),
        over_all=compare(whole, everything, rounds=rounds, calls=calls),
        over_first=compare(whole, first, rounds=rounds, calls=calls),
    )


def main() -> int:
    """Measure, write the result, and tell it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=30)
    arguments.add_argument("--calls", type=int, default=20)
    arguments.add_argument("--check", action="store_true", help="fail where the ceiling is missed")
    chosen = arguments.parse_args()
    measured = measure(chosen.rounds, chosen.calls)
    figures = {"ceiling": CEILING, "search_over_bare": {name: asdict(one) for name, one in measured.items()}}
    print(json.dumps(figures, indent=2))
    print(f"written to {write('search', figures)}")
    missed = any(one.over_all.low > CEILING for one in measured.values())
    return 1 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
