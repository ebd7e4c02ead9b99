"""`damsight index calibrate` on a real Elasticsearch: what it keeps, the search reads and cuts by."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from contract.search_index_contract import SPACES
from damsight_cli.main import app
from damsight_devstack import Stack
from damsight_encoders import load
from damsight_encoders.decode import PillowDecoder
from damsight_index.stored_records import ElasticsearchOwnRecords
from damsight_schemas.connections import EncodingLimits
from damsight_schemas.search import SearchRequest
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.relevance.calibrations import Calibrations
from damsight_search.relevance.recalibrating import Recalibrating
from damsight_search.relevance.weighing import Weighing
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.real_index import RealIndex, real_index

ASSETS = 160


@pytest.fixture
def real(stack: Stack) -> Iterator[RealIndex]:
    with real_index(stack.elasticsearch_url, SPACES) as made:
        made.store(library(ASSETS))
        yield made


@pytest.mark.integration
def test_a_calibrated_index_is_cut_and_a_nonsense_query_finds_nothing(
    real: RealIndex, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command samples, fits and keeps; the search then tells relevance, and leaves out what is chance."""
    monkeypatch.setenv("DAMSIGHT_ELASTICSEARCH__URL", stack.elasticsearch_url)
    monkeypatch.setenv("DAMSIGHT_INDEX__ALIAS", real.settings.alias)
    monkeypatch.setattr(load, "load_encoders", lambda _models: fake_encoders())
    told = CliRunner().invoke(app, ["index", "calibrate", "--json"])
    assert told.exit_code == 0, told.output
    made = json.loads(told.stdout)
    assert made["assets"] == ASSETS
    assert {(row["leg"], row["queries"]) for row in made["backgrounds"]} >= {("image", "text"), ("caption", "picture")}
    again = CliRunner().invoke(app, ["index", "calibrate", "--if-outgrown", "--json"])
    assert (again.exit_code, json.loads(again.stdout)) == (0, None)

    encoder = EncodersForQueries(fake_encoders(), PillowDecoder(EncodingLimits()))
    records = ElasticsearchOwnRecords(real.client, real.settings.alias)
    weighing = Weighing(Calibrations(real.index, records))
    service = SearchService(real.index, encoder, Cursors(b"s" * 32), weighing=weighing)
    answer = service.search(SearchRequest(text="red", explain=True), ["public"])
    assert answer.cut_off is not None
    assert answer.hits[0].asset["tags"][0] == "red"
    for hit in answer.hits:
        assert sum(leg.contribution for leg in hit.legs) == pytest.approx(hit.relevance, abs=1e-5)
    nonsense = service.search(SearchRequest(text="qqqzzxw vvkkjq"), ["public"])
    assert nonsense.cut_off is not None
    assert nonsense.cut_off.dropped > len(nonsense.hits)
    real.client.indices.delete(index=f"{real.settings.alias}-own")


@pytest.mark.integration
def test_a_filled_index_is_calibrated_without_anybody_typing_it(real: RealIndex) -> None:
    """Of two replicas one does it, and afterwards there is nothing to do."""
    encoder = EncodersForQueries(fake_encoders(), PillowDecoder(EncodingLimits()))
    records = ElasticsearchOwnRecords(real.client, real.settings.alias)
    calibrator = Calibrator(real.index, encoder, records)
    one, other = (Recalibrating(calibrator, records) for _ in range(2))
    assert one.look()
    assert not other.look()
    real.client.indices.delete(index=f"{real.settings.alias}-own")
