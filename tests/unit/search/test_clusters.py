"""Groups of vectors, their places on a map, and their names."""

import numpy as np
import pytest
from numpy.typing import NDArray

from damsight_search.grouping.clusters import clustered, placed
from damsight_search.grouping.group_names import names_of, telling_terms, terms_of


def heaps(*sizes: int, seed: int = 1) -> NDArray[np.float32]:
    """Rows around as many different directions."""
    chance = np.random.default_rng(seed)
    centres = np.eye(16, dtype=np.float32)
    rows = [centres[number] + chance.normal(0, 0.05, (size, 16)) for number, size in enumerate(sizes)]
    return np.concatenate(rows).astype(np.float32)


def test_what_lies_apart_falls_into_its_own_groups() -> None:
    """As many groups as there are heaps, the largest first, and each whole."""
    found = clustered(heaps(10, 30, 20), fewest=2, most=12)
    assert found.count == 3
    assert found.labels.tolist() == [2] * 10 + [0] * 30 + [1] * 20


def test_no_more_groups_than_members_of_a_group() -> None:
    """Nine rows of four pairs and one are not told as five groups, unless somebody asks for five."""
    rows = heaps(2, 2, 2, 2, 1)
    assert clustered(rows, fewest=2, most=12).count <= 3
    assert clustered(rows, fewest=5, most=5).count == 5


def test_as_many_groups_as_are_asked_for() -> None:
    """Also where another number would fit better."""
    found = clustered(heaps(20, 20, 20), fewest=5, most=5)
    assert found.count == 5
    assert set(found.labels.tolist()) == set(range(5))


def test_the_same_vectors_give_the_same_groups_and_places() -> None:
    """Nobody is shown another map because they asked again."""
    rows = heaps(12, 9, 15)
    once, again = clustered(rows, fewest=2, most=12), clustered(rows.copy(), fewest=2, most=12)
    np.testing.assert_array_equal(once.labels, again.labels)
    np.testing.assert_array_equal(once.apart, again.apart)
    np.testing.assert_array_equal(placed(rows), placed(rows.copy()))


@pytest.mark.parametrize(
    "rows", [heaps(1), heaps(3), np.ones((9, 16), np.float32), np.zeros((5, 16), np.float32), heaps(2, 2)]
)
def test_few_or_equal_vectors_are_one_group_or_few(rows: NDArray[np.float32]) -> None:
    """One hit, three hits, one picture nine times, vectors without a direction: an answer, and no warning."""
    found = clustered(rows, fewest=2, most=12)
    assert 1 <= found.count <= max(1, len(rows) // 2)
    assert np.isfinite(found.apart).all()
    places = placed(rows)
    assert places.shape == (len(rows), 2)
    assert ((places >= 0) & (places <= 1)).all()


def test_the_map_is_filled_and_keeps_neighbours() -> None:
    """Both coordinates go from 0 to 1, and members of a heap stand nearer to each other than to others."""
    places = placed(heaps(20, 20, 20))
    assert places.min(axis=0).tolist() == [0, 0]
    assert places.max(axis=0).tolist() == [1, 1]
    middles = np.stack([places[start : start + 20].mean(axis=0) for start in (0, 20, 40)])
    nearest = np.linalg.norm(places[:, None] - middles[None], axis=2).argmin(axis=1)
    assert nearest.tolist() == [0] * 20 + [1] * 20 + [2] * 20


def test_terms_are_tags_and_words_in_any_script() -> None:
    """Tags as they are, words without digits and marks; nothing where nothing is said."""
    told = terms_of({"title": "Der rote Bus 42!", "caption": "автобус", "tags": ["Red Bus", " "], "creator": "Anna"})
    assert told.keys() == {"der", "rote", "bus", "автобус", "red bus"}
    assert told["red bus"] > told["rote"]
    assert terms_of({"tags": None}) == {}


def test_a_group_is_named_by_what_tells_it_from_the_others() -> None:
    """What all of them hold names none of them; what one talkative member holds neither."""
    boats = [{"title": f"the boat {one}", "tags": ["harbour", "photo"]} for one in ("left", "right", "old")]
    boats.append({"title": "the boat", "tags": ["harbour", "photo"], "caption": "seen seen seen seen seen once"})
    dogs = [{"title": "the dog", "tags": ["animal", "photo"]} for _ in range(4)]
    first, second = telling_terms([boats, dogs])
    assert first[:2] == ["harbour", "boat"]
    assert second[:2] == ["animal", "dog"]
    assert names_of([first, second], [{}, {}])[0].startswith("harbour, boat, ")
    assert not {"left", "right", "old", "seen"} & set(first)


def test_a_name_says_each_word_once() -> None:
    """The colour alone beside the coloured boat says nothing more."""
    (terms, _) = telling_terms([[{"tags": ["red boat"], "title": "red boat"}], [{"tags": ["dog"]}]])
    assert terms == ["red boat"]


def test_a_group_that_nobody_described_is_named_by_its_middle() -> None:
    """A title, a file name, or at least the id."""
    assert telling_terms([[{}], [{}]]) == [[], []]
    assert names_of([[], []], [{"title": "IMG 1", "filename": "1.jpg"}, {"asset_id": "a"}]) == ["IMG 1", "a"]


def test_two_groups_never_have_one_name() -> None:
    """Where the same terms tell both from the rest, their middles tell them from each other."""
    middles = [{"title": "ox"}, {"title": "dolphin"}, {"title": "cup"}]
    told = names_of([["animal"], ["animal"], ["kitchen"]], middles)
    assert told == ["animal - ox", "animal - dolphin", "kitchen"]
