"""The bodies that the golden files pin. After a change that is meant: python tests/unit/search/golden_bodies.py."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson

from damsight_schemas.filters import Filter
from damsight_schemas.search import SearchRequest, Sort, Understood
from damsight_search.bodies import search_body
from damsight_search.conditions import facet_counts
from damsight_search.conditions.filters import CompiledFilter, permitted
from damsight_search.duplication.duplicate_bodies import alike_body, scan_body
from damsight_search.duplication.fingerprints import Fingerprint
from damsight_search.learning.background_sample import sample_body as background_body
from damsight_search.learning.concept_clauses import counting_body, meeting, within
from damsight_search.learning.probe import Probe
from damsight_search.learning.vocabularies import tags_body
from damsight_search.plan import VectorLeg, conditions, make_plan
from damsight_search.ports import Body
from damsight_search.principal import signed_in, stranger
from damsight_search.relevance.calibration_sampling import sample_body
from damsight_search.results.deep_bodies import deep_body
from damsight_search.results.page_bodies import browse_body, documents_body, suggest_body, vectors_body
from damsight_search.results.relevant import Relevant, counting
from damsight_search.vectors.gathered import LEG_FIELDS
from damsight_search.words.wording import wording_of

GOLDEN = Path(__file__).parent / "golden"
WHO = signed_in("anna", ["press"])
TIMEOUT = "5000ms"
RED_AND_WIDE = [Filter(field="tags", value="red"), Filter(field="width", op="range", value={"gte": 1200})]
IMAGE = VectorLeg("image", "image_vector", np.array([1.0, 0.0], dtype=np.float32))
CAPTION = VectorLeg("caption", "caption_vector", np.array([0.6, 0.8], dtype=np.float32))

EVERY = [IMAGE, CAPTION] + [
    VectorLeg(leg, field, IMAGE.vector) for leg, field in LEG_FIELDS.items() if leg not in ("image", "caption")
]

WARM = Probe(np.array([0.6, 0.8], dtype=np.float32), threshold=0.25, scale=0.1, accuracy=None, separates=True)
PROFILE = VectorLeg("personal", "image_vector", np.array([0.0, 1.0], dtype=np.float32), "picture")


def bodies() -> Mapping[str, Body]:
    """Return each body by the name of its golden file."""
    hybrid = SearchRequest(text="red boat", filters=RED_AND_WIDE, facets=["tags", "created_at", "attributes.shelf"])
    by_title = Sort(by="title", order="asc")
    known = Fingerprint("a" * 64, "0123456789abcdef")
    return {
        "duplicates": alike_body("a", known, permitted(WHO), size=2000, timeout=TIMEOUT),
        "duplicates_scan": scan_body(permitted(WHO), size=5000, after=["a"], timeout=TIMEOUT),
        "hybrid": search_body(make_plan(hybrid, WHO, [IMAGE, CAPTION]), timeout=TIMEOUT),
        "words_alone": search_body(make_plan(SearchRequest(text="IMG_2041.jpg"), stranger(), []), timeout=TIMEOUT),
        "like_and_unlike": search_body(
            make_plan(SearchRequest(like=["a"], unlike=["b"]), WHO, [IMAGE]), timeout=TIMEOUT
        ),
        "sorted_by_time": search_body(
            make_plan(SearchRequest(text="boat", sort=Sort(by="created_at")), WHO, [IMAGE]), timeout=TIMEOUT
        ),
        "exact_off": search_body(
            make_plan(SearchRequest(text="boat", weights={"exact": 0}), WHO, [CAPTION]), timeout=TIMEOUT
        ),
        "every_vector_leg": search_body(make_plan(SearchRequest(text="boat"), WHO, EVERY), timeout=TIMEOUT),
        "documents": documents_body(["a", "b"], WHO, wording=wording_of(Understood(text="red boat")), timeout=TIMEOUT),
        "vectors": vectors_body(["a"], WHO, timeout=TIMEOUT),
        "browse": browse_body(
            conditions(SearchRequest(filters=RED_AND_WIDE), WHO),
            by_title,
            size=25,
            after=["boat", "a"],
            timeout=TIMEOUT,
        ),
        "beyond_the_window": deep_body(
            make_plan(SearchRequest(text="red boat", filters=RED_AND_WIDE), WHO, []),
            also=[],
            after=[1.5, "a"],
            view="a view",
            size=25,
            timeout=TIMEOUT,
        ),
        "relevant_by_time": deep_body(
            make_plan(SearchRequest(text="boat", sort=Sort(by="created_at")), WHO, []),
            also=["a", "b"],
            after=[],
            view="",
            size=25,
            timeout=TIMEOUT,
        ),
        "page_with_facets": facet_counts.beside(
            documents_body(["a"], WHO, timeout=TIMEOUT),
            counting(
                ["tags", "created_at"],
                conditions(SearchRequest(filters=RED_AND_WIDE), WHO),
                facet_counts.chosen(RED_AND_WIDE, ["tags", "created_at"]),
                Relevant(kept=("a", "b")),
                Relevant(kept=("a", "b", "c"), refused=("d",)),
            ),
        ),
        "calibration_draw": sample_body("frame", start=128, size=128, seed=1, timeout=TIMEOUT),
        "concept_filter": search_body(
            make_plan(SearchRequest(text="red boat", filters=[_warm()]), WHO, [IMAGE]), timeout=TIMEOUT
        ),
        "concept_count": counting_body(meeting(WARM, permitted(WHO), "dot_product"), permitted(WHO), timeout=TIMEOUT),
        "personal": search_body(
            replace(make_plan(SearchRequest(text="red boat"), WHO, [IMAGE]), leaning=PROFILE), timeout=TIMEOUT
        ),
        "background_sample": background_body(permitted(WHO), start=256, size=256, timeout=TIMEOUT),
        "own_tags": tags_body(permitted(WHO), timeout=TIMEOUT),
        "suggest": suggest_body("re", stranger(), size=50, timeout=TIMEOUT),
    }


def _warm() -> CompiledFilter:
    clause = within("assets-000001", meeting(WARM, permitted(WHO), "dot_product"), wanted=True)
    return CompiledFilter(field="concept", value="warm", clause=clause)


def written(body: Body) -> bytes:
    """Return a body as its golden file holds it."""
    return orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    for name, body in bodies().items():
        (GOLDEN / f"{name}.json").write_bytes(written(body))
