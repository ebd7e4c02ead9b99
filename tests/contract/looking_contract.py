"""What people may rely on of searches by what is shown and heard: run in memory and on a real Elasticsearch."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contract.search_service_contract import PRESS, Shelf, ids
from damsight_encoders.decode import PillowDecoder
from damsight_schemas.filters import Filter
from damsight_schemas.search import LegScore, SearchRequest, SearchResponse
from damsight_search.errors import NothingToCompareError, RefusedRequestError
from damsight_search.ports import SearchIndex
from damsight_search.principal import stranger
from damsight_search.results.paging import Cursors
from damsight_search.service import SearchService
from damsight_search.vectors.query_encoder import EncodersForQueries
from fakes.encoders import COLOURS
from fakes.every_encoder import every_encoder
from fakes.media_library import SECONDS, colour_vector, still_vector

BFLOAT16 = 0.01
"""How far a score may lie from numpy's: the index keeps eight bits of each number."""


def looking_at(index: SearchIndex, **options: Any) -> SearchService:
    """Return the search over an index, with every kind of encoder."""
    encoder = EncodersForQueries(every_encoder(), PillowDecoder())
    return SearchService(index, encoder, Cursors(b"a secret that only this test knows"), timeout_s=30, **options)


def halves(left: str, right: str) -> bytes:
    """Return a PNG in two colours, side by side."""
    image = Image.new("RGB", (200, 80), COLOURS[left])
    image.paste(COLOURS[right], (100, 0, 200, 80))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def plain(colour: str) -> bytes:
    """Return a PNG in one colour."""
    return halves(colour, colour)


def told(response: SearchResponse, asset_id: str, leg: str) -> LegScore:
    """Return what a leg says of a hit."""
    (hit,) = [one for one in response.hits if one.asset_id == asset_id]
    (score,) = [one for one in hit.legs if one.leg == leg]
    return score


class LookingContract:
    """Subclassed for each index; `shelf` holds `media_library()`."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        raise AssertionError("the subclass gives the shelf")

    @pytest.fixture
    def service(self, shelf: Shelf) -> SearchService:
        return looking_at(shelf.index)

    def test_a_film_is_found_by_a_shot_and_its_place_is_told(self, service: SearchService) -> None:
        """The frame leg brings the film once, with the best frame's kind, number, time and score."""
        response = service.search(SearchRequest(text="cyan", explain=True, size=200), PRESS)
        (hit,) = [one for one in response.hits if one.asset_id == "film-day"]
        assert hit.frame == {"kind": "frame", "number": 3, "seconds": 2 * SECONDS}
        frame = told(response, "film-day", "frame")
        assert frame.rank == 1
        assert frame.score == pytest.approx((1 + 1.0) / 2, abs=BFLOAT16)
        assert all(hit.frame is None for hit in response.hits if "frame" not in {leg.leg for leg in hit.legs})

    def test_a_page_is_found_and_has_no_time(self, service: SearchService) -> None:
        """Pages are told by their number."""
        (hit,) = [
            one
            for one in service.search(SearchRequest(text="orange", size=200), PRESS).hits
            if one.asset_id == "report"
        ]
        assert hit.frame == {"kind": "page", "number": 2, "seconds": None}

    def test_the_place_is_told_on_every_page(self, service: SearchService) -> None:
        """A cursor carries which part was found."""
        request = SearchRequest(text="purple", size=1)
        whole = {
            one.asset_id: one.frame for one in service.search(request.model_copy(update={"size": 200}), PRESS).hits
        }
        response = service.search(request, PRESS)
        while response.cursor is not None:
            response = service.search(request.model_copy(update={"cursor": response.cursor}), PRESS)
            assert [one.frame for one in response.hits] == [whole[one.asset_id] for one in response.hits]
        assert whole["film-night"] == {"kind": "frame", "number": 2, "seconds": SECONDS}

    def test_rights_and_filters_hold_in_the_frame_leg(self, service: SearchService) -> None:
        """What a film shows tells nothing to whoever may not see it, nor past a filter."""
        request = SearchRequest(text="yellow", explain=True, size=200)
        assert "film-secret" in ids(service.search(request, PRESS))
        assert "film-secret" not in ids(service.search(request, stranger()))
        stills = SearchRequest(text="yellow", filters=[Filter(field="kind", value="image")], size=200)
        assert all(one.startswith(("still", "mixed")) for one in ids(service.search(stills, PRESS)))

    def test_sounds_are_found_by_words_and_by_sounds(self, service: SearchService) -> None:
        """The audio leg takes words, and the vector of a sound to be like."""
        by_words = service.search(SearchRequest(text="low", explain=True, size=200), PRESS)
        assert told(by_words, "sound-low", "audio").rank == 1
        alike = service.search(SearchRequest(like=["sound-low"], explain=True, size=200), PRESS)
        assert {leg.leg for hit in alike.hits for leg in hit.legs} == {"audio"}
        assert "sound-low" not in ids(alike)

    def test_likes_go_by_every_vector_that_they_have(self, service: SearchService) -> None:
        """A still to be like asks the image, frame, look and fused legs by what is stored of it."""
        response = service.search(SearchRequest(like=["still-red"], explain=True, size=200), PRESS)
        assert {leg.leg for hit in response.hits for leg in hit.legs} == {"image", "frame", "look", "fused"}
        assert response.degraded == []

    def test_several_pictures_count_by_their_weights(self, service: SearchService) -> None:
        """Of a red and a blue picture, the heavier leads; and an uploaded picture asks the look leg too."""
        for weights, first in (((5, 1), "still-red"), ((1, 5), "still-blue")):
            request = SearchRequest(pictures=[{"weight": weight} for weight in weights], explain=True)  # type: ignore[list-item]  # pydantic reads it
            response = service.search(request, PRESS, [plain("red"), plain("blue")])
            assert ids(response)[0] == first
            assert told(response, first, "look").rank == 1

    def test_only_a_part_of_a_picture_is_looked_at(self, service: SearchService) -> None:
        """A box cuts out what is searched by."""
        picture = halves("red", "green")
        for x, first in ((0.0, "still-red"), (0.5, "still-green")):
            box = {"x": x, "y": 0, "width": 0.5, "height": 1}
            request = SearchRequest(pictures=[{"box": box}])  # type: ignore[list-item]  # pydantic reads it
            assert ids(service.search(request, PRESS, [picture]))[0] == first

    def test_what_is_nearer_to_the_unwanted_comes_last(self, service: SearchService) -> None:
        """No hit that is nearer to the disliked than to the liked stands before one that is not."""
        response = service.search(SearchRequest(like=["still-blue"], unlike=["still-red"], size=200), PRESS)
        places = {one: place for place, one in enumerate(ids(response))}
        nearer = {"mixed-red", "mixed-pink"}
        assert nearer < places.keys()
        assert min(places[one] for one in nearer) > max(places[one] for one in places if one not in nearer)
        assert places["mixed-blue"] == 0
        relevances = [hit.relevance for hit in response.hits]
        assert relevances == sorted(relevances, reverse=True)

    def test_manhattan_orders_exactly_by_distance(self, service: SearchService) -> None:
        """The leg's score and rank are those of the L1 distance to the stored vectors, as numpy computes it."""
        request = SearchRequest(similarity="manhattan", weights={"look": 9}, explain=True, size=200)
        response = service.search(request, PRESS, [plain("pink")])
        asked = colour_vector("pink")
        stills = [one for one in ids(response) if one.startswith(("still", "mixed"))]
        distances = {one: float(np.abs(still_vector(one) - asked).sum()) for one in stills}
        rounded = [round(distances[one], 1) for one in stills]
        assert rounded == sorted(rounded)
        assert told(response, stills[0], "look").score == pytest.approx(1 / (1 + distances[stills[0]]), abs=BFLOAT16)
        assert [told(response, one, "look").rank for one in stills] == list(range(1, len(stills) + 1))

    def test_what_cannot_be_compared_is_said(self, service: SearchService) -> None:
        """Examples that name nothing are refused by their names, and what has no vector is a clear problem."""
        with pytest.raises(RefusedRequestError, match=r"examples\.still-red"):
            service.search(SearchRequest.model_validate({"text": "red", "examples": {"still-red": {}}}), PRESS)
        with pytest.raises(RefusedRequestError, match="pictures"):
            service.search(SearchRequest.model_validate({"text": "red", "pictures": [{}]}), PRESS)
        with pytest.raises(RefusedRequestError, match="at most 10"):
            service.search(SearchRequest(), PRESS, [plain("red")] * 11)
        with pytest.raises(NothingToCompareError):
            service.search(SearchRequest(like=["still-red"], weights={"audio": 1, **_OTHERS_OFF}), PRESS)


_OTHERS_OFF: dict[Any, float] = dict.fromkeys(("exact", "keyword", "image", "caption", "frame", "look", "fused"), 0.0)
