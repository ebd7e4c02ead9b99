"""Where an asset was made."""

from typing import Any

import pytest

from damsight_consumer.compose import NOTHING_FOUND, compose
from damsight_consumer.places import place_of
from damsight_schemas.document import AssetDocument
from examples.assets import changed_event


@pytest.mark.parametrize(
    ("attributes", "location"),
    [
        ({"location": "53.55,9.99"}, "53.55,9.99"),
        ({"location": " 53.55 , -9.990 "}, "53.55,-9.99"),
        ({"latitude": 53.55, "longitude": "9.99"}, "53.55,9.99"),
        ({"latitude": 0, "longitude": -180}, "0,-180"),
        ({"location": "1,2", "latitude": "nonsense"}, "1,2"),
        ({"city": "Hamburg"}, None),
    ],
)
def test_a_place_is_read_from_either_form(attributes: dict[str, Any], location: str | None) -> None:
    """One attribute with both numbers, or one for each, as the publisher writes what EXIF tells."""
    assert place_of(attributes) == (location, "")
    body = compose(changed_event("a", 1, attributes=attributes), NOTHING_FOUND, indexed_at="2026-11-21T08:00:00Z")
    assert body.get("location") == location
    assert AssetDocument.model_validate(body).body() == body


@pytest.mark.parametrize(
    "attributes",
    [
        {"location": "Hamburg"},
        {"location": ["53.55", "9.99"]},
        {"location": "53.55"},
        {"location": "1,2,3"},
        {"location": True},
        {"location": "91,0"},
        {"location": "nan,0"},
        {"latitude": 1},
        {"latitude": 1, "longitude": 180.1},
        {"latitude": True, "longitude": 1},
        {"latitude": 10**400, "longitude": 1},
        {"latitude": [1], "longitude": 1},
    ],
    ids=lambda attributes: f"{attributes!r:.60}",
)
def test_what_is_no_place_is_left_out_and_told(attributes: dict[str, Any]) -> None:
    """Nothing that somebody typed there stops the asset; the words name what was given."""
    location, refused = place_of(attributes)
    assert location is None
    assert "degrees" in refused
    assert "given" in refused
    body = compose(changed_event("a", 1, attributes=attributes), NOTHING_FOUND, indexed_at="2026-11-21T08:00:00Z")
    assert "location" not in body
    assert body["attributes"] == attributes
