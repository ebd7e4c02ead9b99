"""No request tells of what the asker may not see: on a real Elasticsearch, with everything it counts and scores."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from contract.hidden_assets import MINE, OTHERS, Asked, Question, answer_to, asked_over, questions
from contract.search_index_contract import SPACES
from damsight_devstack import Stack
from damsight_schemas.perceptual_hash import bands_of
from fakes.library import document
from fakes.real_index import real_index

HIDDEN = 120
"""So many that words' rarity, prefixes' expansions and the neighbours' graph would all be others with them."""


def _some(start: str, count: int, rights: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return assets that share all they hold with the others: words, looks, hashes, places."""
    return {
        (asset_id := f"{start}-{number}"): document(
            asset_id,
            (None, "red", "blue", "black")[number % 4],
            acl=(rights[number % len(rights)],),
            title=("Harbour 1", "Harbour market", "Loud market", "Boat", f"Harbo{number}", f"red {number}")[number % 6],
            caption=("a quiet harbour", "a loud market", "a tiny garden")[number % 3],
            filename=f"IMG_{number}.jpg" if number % 2 else "boat.jpg",
            tags=(["red", "odd"], ["harbour"], ["blue", f"harb{number}"])[number % 3],
            collections=(["Press"], ["Press/2024", "Law"], None)[number % 3],
            created_at=(None, "2003-03-01T08:00:00Z", "2004-12-31T23:30:00Z")[number % 3],
            attributes={"shelf": number % 2},
            location=(None, "53.5,9.9")[number % 2],
            perceptual_hash=(looks := f"{(number % 3) * 0x1111111111111111:016x}"),
            perceptual_bands=bands_of(looks),
        )
        for number in range(count)
    }


@pytest.fixture(scope="module")
def both(stack: Stack) -> Iterator[tuple[Asked, Asked]]:
    """The search without the hidden assets, and with them; these are stored first, last and in between."""
    seen, hidden = _some("boat", 30, MINE), _some("hidden", HIDDEN, OTHERS)
    mixed = dict(sorted({**seen, **hidden}.items(), key=lambda told: (hash_of_place(told[0]), told[0])))
    with (
        real_index(stack.elasticsearch_url, SPACES) as without,
        real_index(stack.elasticsearch_url, SPACES) as with_them,
    ):
        without.store(seen)
        with_them.store(mixed)
        yield asked_over(without.index), asked_over(with_them.index)


def hash_of_place(asset_id: str) -> int:
    """Return a place that is the same in every run, and tells nothing of the id."""
    return sum(map(ord, asset_id)) * 7919 % 101


@pytest.mark.integration
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=questions)
def test_a_forbidden_asset_changes_nothing_on_elasticsearch(
    both: tuple[Asked, Asked], asked: tuple[str, Question]
) -> None:
    """Every page, count, facet, suggestion, explanation and error is the same."""
    _, question = asked
    without, with_them = (answer_to(question, asked_of) for asked_of in both)
    assert without == with_them
