"""What each filter brings, asset by asset: held on the index in memory and on a real Elasticsearch."""

from typing import Any

import pytest

from damsight_schemas.filters import Filter
from damsight_search.conditions.filters import clauses, permitted
from damsight_search.plan import BEST_FIRST
from damsight_search.ports import SearchIndex
from damsight_search.principal import stranger
from damsight_search.results.page_bodies import browse_body

HAMBURG = {"lat": 53.55, "lon": 9.99}
# Across the date line, and as near to each other as 22 km.
FIJI, BEYOND = "-17.0,179.9", "-17.0,-179.9"


def placed(asset_id: str, **told: Any) -> dict[str, Any]:
    """Return one public asset's document."""
    return {"asset_id": asset_id, "revision": 1, "deleted": False, "acl": ["public"], "kind": "image"} | told


ASSETS: dict[str, dict[str, Any]] = {
    one["asset_id"]: one
    for one in (
        placed("year", collections=["Press/2024"], created_at="2024-02-29T22:30:00Z", attributes={"shelf": "A/1"}),
        placed("month", collections=["Press/2024/May"], created_at="2024-02-29T23:30:00Z", attributes={"shelf": "A/2"}),
        placed("other", collections=["Press/2024b"], created_at="2024-03-01T22:00:00Z", attributes={"shelf": "B"}),
        placed("press", collections=["Press", "x"], created_at="2023-12-31T23:30:00Z", attributes={"iso": 100}),
        placed("hamburg", location="53.55,9.99"),
        placed("altona", location="53.55,9.93"),
        placed("fiji", location=FIJI),
        placed("beyond", location=BEYOND),
    )
}

PLACED = {asset_id for asset_id, told in ASSETS.items() if "location" in told}
CASES = [
    (Filter(field="collections", op="is", value="Press/2024"), {"year"}),
    (Filter(field="collections", op="prefix", value="Press/2024"), {"year", "month"}),
    (Filter(field="collections", op="prefix", value="Press/2024/"), {"year", "month"}),
    (Filter(field="collections", op="prefix", value="Press"), {"year", "month", "other", "press"}),
    (Filter(field="collections", op="prefix", value="Pre"), set()),
    (Filter(field="attributes.shelf", op="prefix", value="A/"), {"year", "month"}),
    (Filter(field="attributes.shelf", op="in", value=["A/1", "B"]), {"year", "other"}),
    (Filter(field="attributes.shelf", op="not", value=["A/1", "B"]), set(ASSETS) - {"year", "other"}),
    (Filter(field="attributes.shelf", op="exists", value=True), {"year", "month", "other"}),
    (Filter(field="attributes.iso", value=100), {"press"}),
    (Filter(field="created_at", value="2024-02-29"), {"year", "month"}),
    # 23:30 in London is 0:30 of the next day in Berlin.
    (Filter(field="created_at", value="2024-02-29+01:00"), {"year"}),
    (Filter(field="created_at", value="2024-03-01+01:00"), {"month", "other"}),
    (Filter(field="created_at", value="2024-03-01+02:00"), {"year", "month"}),
    (Filter(field="created_at", value="2024-02-29-05:00"), {"year", "month"}),
    (Filter(field="created_at", value="2024"), {"year", "month", "other"}),
    (Filter(field="created_at", value="2024+01:00"), {"year", "month", "other", "press"}),
    (Filter(field="created_at", value="2024-03+01:00"), {"month", "other"}),
    (Filter(field="created_at", op="range", value={"gt": "2024-02-29+01:00"}), {"month", "other"}),
    (Filter(field="created_at", op="range", value={"gte": "2024-02-29T23:30:00+01:00"}), {"year", "month", "other"}),
    (Filter(field="created_at", op="range", value={"gte": "2024", "lt": "2024-03+02:00"}), set()),
    (Filter(field="location", op="near", value={**HAMBURG, "km": 1}), {"hamburg"}),
    (Filter(field="location", op="near", value={**HAMBURG, "km": 5}), {"hamburg", "altona"}),
    (Filter(field="location", op="near", value={"lat": -17, "lon": 180, "km": 15}), {"fiji", "beyond"}),
    (Filter(field="location", op="near", value={"lat": 0, "lon": 0, "km": 20_040}), PLACED),
    (Filter(field="location", op="exists", value=False), set(ASSETS) - PLACED),
]  # fmt: skip


class FiltersContract:
    """Subclassed for each index; `index` holds `ASSETS`."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise AssertionError("the subclass gives the index")

    @pytest.mark.parametrize(
        ("asked", "expected"), CASES, ids=lambda one: f"{one.field}-{one.op}-{one.value}" if hasattr(one, "op") else ""
    )
    def test_a_filter_brings_what_people_expect_of_it(
        self, index: SearchIndex, asked: Filter, expected: set[str]
    ) -> None:
        """Paths hold what lies within them, days are those of the given zone, places are near around the globe."""
        body = browse_body([*permitted(stranger()), *clauses([asked])], BEST_FIRST, size=50, timeout="30s")
        assert {found.asset_id for found in index.search(body).found} == expected
