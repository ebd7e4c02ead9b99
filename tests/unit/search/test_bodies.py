"""The bodies that are sent to Elasticsearch."""

import base64
from typing import Any

import numpy as np
import pytest

from damsight_search.bodies import packed
from damsight_search.conditions.filters import permitted
from damsight_search.plan import NEAREST, WINDOW
from unit.search.golden_bodies import GOLDEN, IMAGE, WHO, bodies, written


@pytest.mark.parametrize("name", sorted(bodies()))
def test_bodies_are_what_the_golden_files_hold(name: str) -> None:
    """A body changes only when somebody means it: run golden_bodies.py, and read the difference."""
    assert written(bodies()[name]).decode() == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def test_every_golden_file_has_its_body() -> None:
    """No golden file pins what is sent no longer."""
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(bodies())


@pytest.mark.parametrize("name", ["hybrid", "like_and_unlike", "sorted_by_time", "exact_off", "every_vector_leg"])
def test_the_permission_is_the_first_filter_of_every_leg(name: str) -> None:
    """A filter in the query alone would leak through the vector legs."""
    body = bodies()[name]
    filters: list[Any] = [leg["filter"]["bool"]["filter"] for leg in body["knn"]]
    if "query" in body:
        filters.append(body["query"]["bool"]["filter"])
    assert all(one[:2] == permitted(WHO) for one in filters)


def test_the_window_holds_every_legs_full_top() -> None:
    """Vector hits sort before exact ones, those before the words' best, and all of them fit."""
    body = bodies()["hybrid"]
    assert body["size"] == WINDOW
    assert sum(leg["k"] for leg in body["knn"]) + NEAREST <= WINDOW
    lowest_vector = min(leg["boost"] for leg in body["knn"]) * 0.01
    exact = body["query"]["bool"]["should"][0]["bool"]["boost"]
    assert lowest_vector > exact * 3


def test_vectors_go_as_big_endian_float32() -> None:
    """Elasticsearch reads base64 vectors big-endian; the other order would be caught only by luck."""
    vector = np.frombuffer(base64.b64decode(packed(IMAGE.vector)), dtype=">f4")
    assert vector.tolist() == [1.0, 0.0]
