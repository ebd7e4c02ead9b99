"""From an index in memory to a calibration that searches use: sampled, kept, read, and kept up."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import numpy as np
import pytest

from contract.search_index_contract import SPACES
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.connections import EncodingLimits
from damsight_schemas.search import SearchRequest
from damsight_search.errors import NotCalibratedError, SearchError, SearchUnavailableError
from damsight_search.relevance.calibrating import Calibrator
from damsight_search.relevance.calibration_records import MARK
from damsight_search.relevance.calibrations import FRESH_S, Calibrations
from damsight_search.relevance.recalibrating import LEASE, LEASE_S, Recalibrating
from damsight_search.relevance.weighing import Weighing
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import fake_encoders
from fakes.library import library
from fakes.own_records import FakeOwnRecords
from fakes.search_index import FakeIndex

WHO = ["public"]


class Shelf:
    """An index, what is kept, and a clock that only a test moves."""

    def __init__(self, assets: int) -> None:
        self.index = FakeIndex(SPACES)
        self.index.documents = library(assets)
        self.records = FakeOwnRecords()
        self.now = 1000.0
        self.encoder = EncodersForQueries(fake_encoders(), PillowDecoder(EncodingLimits()))
        self.calibrator = Calibrator(self.index, self.encoder, self.records, clock=self.clock)
        self.calibrations = Calibrations(self.index, self.records, clock=self.clock)
        self.recalibrating = self.replica()

    def clock(self) -> float:
        return self.now

    def replica(self) -> Recalibrating:
        read = self.calibrations.read
        return Recalibrating(self.calibrator, self.records, calibrated=read, first_s=0, every_s=60, clock=self.clock)

    def service(self) -> SearchService:
        return SearchService(self.index, self.encoder, Cursors(b"s" * 32), weighing=Weighing(self.calibrations))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(160)


def test_a_calibrated_search_tells_where_it_was_cut(shelf: Shelf) -> None:
    """The same search is fused by ranks before and by calibrated scores after, from the next reading on."""
    service, request = shelf.service(), SearchRequest(text="red", explain=True)
    before = service.search(request, WHO)
    assert before.cut_off is None
    assert shelf.recalibrating.look()
    after = service.search(request, WHO)
    assert after.cut_off is not None
    assert after.hits
    for hit in after.hits:
        assert hit.relevance >= after.cut_off.at_least
        assert sum(leg.contribution for leg in hit.legs) == pytest.approx(hit.relevance, abs=1e-5)
    assert after.hits[0].asset["tags"][0] == "red"


def test_what_may_not_be_seen_changes_nothing(shelf: Shelf) -> None:
    """With the calibration as it is, hidden assets neither move the cut-off nor any hit's relevance."""
    shelf.recalibrating.look()
    service, request = shelf.service(), SearchRequest(text="red market", explain=True)
    before = service.search(request, WHO)
    hidden = {
        f"hidden-{asset_id}": {**told, "asset_id": f"hidden-{asset_id}", "acl": ["user:nobody"]}
        for asset_id, told in library(160).items()
    }
    shelf.index.documents |= hidden
    assert service.search(request, WHO).model_copy(update={"took_ms": before.took_ms}) == before


def test_another_generation_is_never_searched_by_this_ones_calibration(shelf: Shelf) -> None:
    """Right after a cutover ranks are fused, until the new generation has a calibration of its own."""
    shelf.recalibrating.look()
    service = shelf.service()
    assert service.search(SearchRequest(text="red"), WHO).cut_off is not None
    shelf.index.generation = "assets-000002"
    assert service.search(SearchRequest(text="red"), WHO).cut_off is None
    assert shelf.calibrator.outgrown() == "assets-000002"


def test_it_is_made_when_the_index_grew_by_half_and_not_before(shelf: Shelf) -> None:
    """A hundred assets are the fewest; then 1.5 times as many as were there."""
    small = Shelf(90)
    assert small.calibrator.outgrown() is None
    with pytest.raises(NotCalibratedError):
        small.calibrator.calibrate()
    assert shelf.recalibrating.look()
    assert not shelf.recalibrating.look()
    shelf.index.documents = library(239)
    assert not shelf.recalibrating.look()
    shelf.index.documents = library(240)
    assert shelf.recalibrating.look()


def test_one_replica_at_a_time_and_a_dead_ones_lease_runs_out(shelf: Shelf) -> None:
    """While one calibrates, the others do not; what a killed one held is taken after a while."""
    tried: list[bool] = []
    other = shelf.replica()
    encode = shelf.encoder.words

    def words(text: str, field):  # type: ignore[no-untyped-def]
        if not tried:
            tried.append(other.look())
        return encode(text, field)

    shelf.encoder.words = words  # type: ignore[method-assign]
    assert shelf.recalibrating.look()
    assert tried == [False]
    assert shelf.records.get(LEASE, "assets-000001") is None
    shelf.records.delete(MARK, "assets-000001")
    shelf.recalibrating._take("assets-000001")
    assert not other.look()
    shelf.now += LEASE_S + 1
    assert other.look()


def test_a_calibration_is_read_again_beside_the_searches(shelf: Shelf) -> None:
    """What another replica made is used within half a minute, and an index that is away changes nothing."""
    assert shelf.calibrations.now() is None
    made = shelf.calibrator.calibrate()
    assert shelf.calibrations.now() is None
    shelf.now += FRESH_S + 1
    shelf.calibrations.now()
    for _ in range(1000):
        held = shelf.calibrations._held
        if held is not None:
            break
        Thread(target=lambda: None).start()
    shelf.calibrations.read()
    held = shelf.calibrations.now()
    assert held is not None
    assert held.generation == made.generation

    def away(_body: object) -> None:
        raise SearchUnavailableError("away")

    shelf.index.before = away
    shelf.calibrations.read()
    assert shelf.calibrations.now() is held


def test_searches_that_come_at_once_are_all_calibrated(shelf: Shelf) -> None:
    """The first reading is waited for, so no answer depends on who came first."""
    shelf.calibrator.calibrate()
    with ThreadPoolExecutor(4) as pool:
        held = list(pool.map(lambda _number: shelf.calibrations.now(), range(4)))
    assert all(one is not None for one in held)
    assert len({id(one) for one in held}) == 1


def test_the_thread_calibrates_and_stops(shelf: Shelf) -> None:
    """Nobody types anything: what is started calibrates, and ends when it is told to."""
    shelf.recalibrating.start()
    shelf.recalibrating._repeating._thread.join(0.01)
    while shelf.records.get(MARK, "assets-000001") is None:
        shelf.recalibrating._repeating._thread.join(0.05)
        assert shelf.recalibrating._repeating._thread.is_alive()
    shelf.recalibrating.stop()
    assert not shelf.recalibrating._repeating._thread.is_alive()
    shelf.records.delete(MARK, "assets-000001")
    with pytest.raises(SearchError, match="stopped"):
        shelf.recalibrating.look()


def test_the_same_seed_draws_the_same_sample(shelf: Shelf) -> None:
    """A calibration can be made again."""
    one, two = (shelf.calibrator.calibrate(sampled=100, seed=5) for _ in range(2))
    assert np.array_equal(one.legs["caption"].reference.vectors, two.legs["caption"].reference.vectors)
    assert one.legs["image"].backgrounds["text"].mean == two.legs["image"].backgrounds["text"].mean
