"""What the search relies on of an index. Every SearchIndex is held to it, the real one and the one in memory."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import pytest

from damsight_encoders.load import spaces_of_encoders
from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, Sort, Understood
from damsight_search.bodies import search_body
from damsight_search.conditions import facet_counts
from damsight_search.conditions.facet_counts import Counted
from damsight_search.conditions.filters import clauses, permitted
from damsight_search.errors import FrozenViewGoneError, IndexRefusedError
from damsight_search.plan import NEAREST, Plan, VectorLeg, make_plan
from damsight_search.ports import SearchIndex
from damsight_search.principal import Principals, signed_in, stranger
from damsight_search.relevance.calibration_sampling import counting_body, draw, sample_body
from damsight_search.results.deep_bodies import deep_body
from damsight_search.results.page_bodies import browse_body, documents_body, suggest_body, vectors_body
from damsight_search.words.wording import wording_of
from fakes.encoders import fake_encoders
from fakes.library import library

SPACES = spaces_of_encoders(fake_encoders())
EVERYBODY = signed_in("anna", ["press"])
TIMEOUT = "30s"


def legs(text: str) -> list[VectorLeg]:
    """Encode words for both vector legs."""
    encoders = fake_encoders()
    assert encoders.joint is not None
    assert encoders.caption is not None
    return [
        VectorLeg("image", "image_vector", encoders.joint.encode_texts([text])[0]),
        VectorLeg("caption", "caption_vector", encoders.caption.encode_texts([text])[0]),
    ]


def plan(text: str, who: Principals, *, filters: Sequence[Filter] = (), facets: Sequence[str] = ()) -> Plan:
    """Plan a search with every leg."""
    return make_plan(SearchRequest(text=text, filters=list(filters), facets=list(facets)), who, legs(text))


def allowed(who: Principals) -> set[str]:
    """The library's assets that these principals may see."""
    return {asset_id for asset_id, told in library().items() if set(told["acl"]) & set(who)}


class SearchIndexContract:
    """Subclassed for each index; `index` holds `library()`."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise AssertionError("the subclass gives the index")

    def browse(self, index: SearchIndex, *filters: Filter, **options: Any) -> list[str]:
        body = browse_body(
            [*permitted(EVERYBODY), *clauses(filters)],
            options.get("sort", Sort()),
            size=options.get("size", 200),
            after=options.get("after", ()),
            timeout=TIMEOUT,
        )
        return [found.asset_id for found in index.search(body).found]

    def test_it_tells_the_spaces_that_it_was_made_with(self, index: SearchIndex) -> None:
        """The spaces are the index's own word, so that vectors of two models never meet."""
        assert index.spaces() == SPACES

    @pytest.mark.parametrize("who", [stranger(), signed_in("anna"), signed_in("bert", ["press"]), EVERYBODY])
    def test_every_leg_brings_only_what_may_be_seen(self, index: SearchIndex, who: Principals) -> None:
        """The principals' filter holds in the words, in each vector leg and in the count."""
        answer = index.search(search_body(plan("red harbour", who), timeout=TIMEOUT))
        brought = {found.asset_id for found in answer.found}
        assert brought <= allowed(who)
        assert answer.total <= len(allowed(who))
        for leg in ("keyword", "image", "caption"):
            assert any(leg in found.scores for found in answer.found) or leg == "keyword"

    def test_each_leg_has_its_own_score_and_vectors_bring_the_nearest(self, index: SearchIndex) -> None:
        """Named scores tell the legs apart, and the red pictures lead the image leg for "red"."""
        answer = index.search(search_body(plan("red", EVERYBODY), timeout=TIMEOUT))
        reds = {asset_id for asset_id, told in library().items() if "red" in told["tags"]}
        ordered = sorted(
            (found for found in answer.found if "image" in found.scores), key=lambda found: -found.scores["image"]
        )
        assert {found.asset_id for found in ordered[: len(reds)]} == reds
        assert {found.asset_id for found in answer.found if "keyword" in found.scores} == reds
        assert all(not found.source for found in answer.found)

    def test_filters_hold_in_every_leg(self, index: SearchIndex) -> None:
        """A filter of the request narrows the vector legs as it narrows the words."""
        odd = Filter(field="tags", value="odd")
        answer = index.search(search_body(plan("red harbour", EVERYBODY, filters=[odd]), timeout=TIMEOUT))
        documents = library()
        assert answer.found
        assert all("odd" in documents[found.asset_id]["tags"] for found in answer.found)

    @pytest.mark.parametrize("text", ["asset-007", "ASSET-007", "img_0007.JPG", "IMG_0007", "purple PICTURE 7"])
    def test_the_exact_leg_finds_ids_file_names_and_titles(self, index: SearchIndex, text: str) -> None:
        """Whole names are found whatever their case, the file name with or without its ending."""
        documents = library()
        title = documents["asset-007"]["title"]
        asked = title.upper() if text.startswith("purple") else text
        answer = index.search(search_body(plan(asked, EVERYBODY), timeout=TIMEOUT))
        assert [found.asset_id for found in answer.found if "exact" in found.scores] == ["asset-007"]

    @pytest.mark.parametrize("text", ["img 0007", "0007", "IMG-0007"])
    def test_words_of_file_names_are_found(self, index: SearchIndex, text: str) -> None:
        """Somebody who remembers a part of the file name finds it in the keyword leg."""
        answer = index.search(search_body(plan(text, EVERYBODY), timeout=TIMEOUT))
        assert [found.asset_id for found in answer.found if "keyword" in found.scores] == ["asset-007"]

    @pytest.mark.parametrize(
        "asked",
        [
            Filter(field="kind", value="image"),
            Filter(field="kind", value="video"),
            Filter(field="tags", op="in", value=["red", "blue"]),
            Filter(field="tags", op="not", value="even"),
            Filter(field="title", value="RED picture 3"),
            Filter(field="filename", value="img_0003.jpg"),
            Filter(field="width", op="range", value={"gte": 110, "lt": 120}),
            Filter(field="width", value=105),
            Filter(field="created_at", value="2003"),
            Filter(field="created_at", op="in", value=["2003-03", "2004-03-05"]),
            Filter(field="created_at", op="range", value={"gt": "2003", "lte": "2005"}),
            Filter(field="created_at", op="range", value={"gte": "2003-03-04T08:00:00Z", "lt": "2006"}),
            Filter(field="created_at", op="not", value="2003"),
            Filter(field="created_at", op="exists", value=False),
            Filter(field="collections", op="exists", value=True),
            Filter(field="attributes.shelf", value=2),
            Filter(field="attributes.checked", value=True),
            Filter(field="attributes.shelf", op="in", value=[0, 1]),
            Filter(field="attributes.nothing", op="exists", value=True),
            Filter(field="creator", value="Anna Café"),
        ],
        ids=lambda one: f"{one.field}-{one.op}-{one.value}",
    )
    def test_filters_mean_what_they_say(self, index: SearchIndex, asked: Filter) -> None:
        """Each operation brings exactly the documents that a plain reading of it brings."""
        expected = {asset_id for asset_id, told in library().items() if _holds(told, asked)}
        assert set(self.browse(index, asked)) == expected

    @pytest.mark.parametrize("by", ["created_at", "title"])
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_browsing_pages_through_everything_once(
        self, index: SearchIndex, by: Literal["created_at", "title"], order: Literal["asc", "desc"]
    ) -> None:
        """search_after over a sort with missing values neither repeats nor skips."""
        sort = Sort(by=by, order=order)
        seen: list[str] = []
        after: Sequence[Any] = ()
        while True:
            body = browse_body(permitted(EVERYBODY), sort, size=7, after=after, timeout=TIMEOUT)
            found = index.search(body).found
            if not found:
                break
            seen += [one.asset_id for one in found]
            after = found[-1].sort
        assert sorted(seen) == sorted(library())
        missing = [asset_id for asset_id in seen if sort.by == "created_at" and "created_at" not in library()[asset_id]]
        assert seen[len(seen) - len(missing) :] == missing

    def test_documents_come_without_vectors_and_with_marked_words(self, index: SearchIndex) -> None:
        """A page's documents carry the metadata and the highlights, and never a vector."""
        body = documents_body(
            ["asset-001", "asset-003"], EVERYBODY, wording=wording_of(Understood(text="harbour white")), timeout=TIMEOUT
        )
        found = {one.asset_id: one for one in index.search(body).found}
        assert found.keys() == {"asset-001", "asset-003"}
        assert found["asset-003"].highlight["caption"] == ["a quiet <mark>harbour</mark>"]
        assert found["asset-001"].highlight["tags.words"] == ["<mark>white</mark>"]
        assert not {"image_vector", "caption_vector"} & found["asset-001"].source.keys()
        assert found["asset-001"].source["title"] == "White picture 1"

    def test_documents_and_vectors_are_told_only_to_those_who_may_see_them(self, index: SearchIndex) -> None:
        """To ask by id does not go around the permissions."""
        ids = list(library())
        for body in (documents_body(ids, stranger(), timeout=TIMEOUT), vectors_body(ids, stranger(), timeout=TIMEOUT)):
            assert {found.asset_id for found in index.search(body).found} == allowed(stranger())

    def test_stored_vectors_come_back_as_they_went_in(self, index: SearchIndex) -> None:
        """Vectors can be read for "more like this", within the index's own precision."""
        (found,) = index.search(vectors_body(["asset-003"], EVERYBODY, timeout=TIMEOUT)).found
        expected = legs("red")[0].vector
        assert len(found.source["image_vector"]) == SPACES.image_vector.dimensions  # type: ignore[union-attr]  # the fakes have it
        assert found.source["image_vector"] == pytest.approx(expected.tolist(), abs=0.01)

    def test_suggestions_come_from_the_beginnings_of_words(self, index: SearchIndex) -> None:
        """Titles and tags are found by what is typed so far, for those who may see them."""
        found = index.search(suggest_body("yel", stranger(), size=50, timeout=TIMEOUT)).found
        assert found
        assert all("yellow" in one.source["tags"] and one.asset_id in allowed(stranger()) for one in found)

    @pytest.mark.parametrize("who", [stranger(), EVERYBODY])
    def test_facets_count_values_and_years_beside_a_page(self, index: SearchIndex, who: Principals) -> None:
        """Values come by count, dates by year, over the sets that are named, and the page's hits stay as they are."""
        reds = {"bool": {"filter": [*permitted(who), {"term": {"tags": "red"}}]}}
        counting = (
            Counted(("tags", "created_at"), {"bool": {"filter": permitted(who)}}, whole=True),
            Counted(("kind",), reds, whole=False),
        )
        body = documents_body(["asset-001", "asset-002", "asset-004"], who, timeout=TIMEOUT)
        answer = index.search(facet_counts.beside(body, counting))
        assert {found.asset_id for found in answer.found} == {"asset-001", "asset-002", "asset-004"} & allowed(who)
        facets = facet_counts.read(answer.aggregations, counting)
        seen = [told for asset_id, told in library().items() if asset_id in allowed(who)]
        tags = {one.value: one.count for one in facets["tags"].values}
        assert tags == Counter(tag for told in seen for tag in told["tags"])
        years = {one.value: one.count for one in facets["created_at"].values}
        assert years["2003"] == sum(told.get("created_at", "").startswith("2003") for told in seen)
        assert (facets["tags"].counted, facets["tags"].bound) == (len(seen), "all")
        assert facets["kind"].counted == facets["kind"].values[0].count == tags["red"]
        assert facets["kind"].bound == "window"

    @pytest.mark.parametrize("by", ["created_at", "title", "relevance"])
    def test_a_view_stays_as_it_is_and_is_listed_once(
        self, index: SearchIndex, by: Literal["created_at", "title", "relevance"]
    ) -> None:
        """A listing goes on from a page that was read without a view, and neither repeats nor skips."""
        words = make_plan(SearchRequest(text="picture", sort=Sort(by=by)), EVERYBODY, []).without_vectors()
        live = index.search(deep_body(words, also=(), after=(), view="", size=5, timeout=TIMEOUT)).found
        view, seen, after = index.freeze(), [one.asset_id for one in live], live[-1].sort
        while found := index.search(
            deep_body(words, also=(), after=after[:2], view=view, size=7, timeout=TIMEOUT)
        ).found:
            seen += [one.asset_id for one in found]
            after = found[-1].sort
        assert len(seen) == len(set(seen))
        assert set(seen) == set(library())

    def test_a_view_that_is_kept_no_longer_is_told(self, index: SearchIndex) -> None:
        """It is an error of its own, so that paging can go on without it."""
        words = make_plan(SearchRequest(text="picture"), EVERYBODY, []).without_vectors()
        with pytest.raises((FrozenViewGoneError, IndexRefusedError)):
            index.search(deep_body(words, also=(), after=(), view="no such view", size=5, timeout=TIMEOUT))

    def test_a_vector_leg_brings_no_more_than_its_window(self, index: SearchIndex) -> None:
        """The nearest are bounded, so that a total can tell "at least"."""
        answer = index.search(search_body(plan("red", EVERYBODY), timeout=TIMEOUT))
        assert sum("image" in found.scores for found in answer.found) == min(NEAREST, len(library()))

    def test_assets_are_drawn_by_a_seed_with_their_vectors_and_words(self, index: SearchIndex) -> None:
        """Pages of a draw do not overlap, another seed draws others, and what a leg lacks is not drawn."""

        def told(seed: int) -> list[str]:
            bodies = [sample_body("image", start=start, size=10, seed=seed, timeout=TIMEOUT) for start in (0, 10)]
            return [found.asset_id for body in bodies for found in index.search(body).found]

        drawn = draw(index, "image", size=20, seed=1, timeout=TIMEOUT, on_progress=lambda *_told: None)
        assert [one.asset_id for one in drawn.drawn] == told(1)
        assert len(set(told(1))) == 20
        assert told(1) != told(2)
        assert drawn.population == sum("image_vector" in one for one in library().values())
        assert drawn.generation == index.search(counting_body(timeout=TIMEOUT)).generation != ""
        assert all(one.vectors.shape == (1, SPACES.fields()["image_vector"].dimensions) for one in drawn.drawn)
        assert all(len(one.texts) >= 3 for one in drawn.drawn)
        none = draw(index, "frame", size=20, seed=1, timeout=TIMEOUT, on_progress=lambda *_told: None)
        assert none.population == 0


def _holds(told: dict[str, Any], asked: Filter) -> bool:
    value: Any = told
    for part in asked.field.split(".", 1):
        value = value.get(part) if isinstance(value, dict) else None
    if asked.op == "exists":
        return (value is not None) == asked.value
    if asked.op == "range":
        assert isinstance(asked.value, dict)
        return value is not None and all(_compares(value, name, bound) for name, bound in asked.value.items())
    wanted = asked.value if isinstance(asked.value, list) else [asked.value]
    held = value if isinstance(value, list) else [value]
    found = any(_same(one, other, asked.field) for one in held for other in wanted if one is not None)
    return not found if asked.op == "not" else found


def _same(held: Any, wanted: Any, field: str) -> bool:
    if field == "created_at":
        return bool(held.startswith(wanted))
    if field in ("title", "filename"):
        return bool(held.lower() == wanted.lower())
    return bool(held == wanted)


def _compares(held: Any, name: str, bound: Any) -> bool:
    # Times as written compare as text; a bound that is coarser is compared with as much of the time as it has.
    cut = held[: len(bound)] if isinstance(held, str) else held
    return bool({"gte": cut >= bound, "gt": cut > bound, "lte": cut <= bound, "lt": cut < bound}[name])
