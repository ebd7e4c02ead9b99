"""Which assets are the same picture, and how they are put together."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.search_index_contract import SPACES
from contract.search_service_contract import service_over
from damsight_schemas.perceptual_hash import NEAR, distance
from damsight_schemas.search import SearchRequest
from damsight_search.duplication.duplicates import grouped
from damsight_search.duplication.fingerprints import SAME_LOOKS, Fingerprint, cosine_of, fingerprint, look_the_same
from damsight_search.duplication.near_hashes import near_pairs
from damsight_search.duplication.stars import stars
from damsight_search.ports import Vector
from damsight_search.principal import stranger
from fakes.library import document
from fakes.search_index import FakeIndex

ALIKE, OTHER = np.array([1, 0], np.float32), np.array([0, 1], np.float32)


def looks(bits: int) -> Fingerprint:
    return Fingerprint(perceptual_hash=f"{bits:016x}")


class Vectors:
    """Answers with vectors, and remembers what it was asked for."""

    def __init__(self, **known: Vector) -> None:
        self.known = known
        self.asked: list[str] = []

    def __call__(self, ids: Sequence[str]) -> dict[str, Vector]:
        self.asked += ids
        return {asset_id: self.known[asset_id] for asset_id in ids if asset_id in self.known}


def test_the_same_bytes_need_no_looks() -> None:
    """A film or a document has no perceptual hash; its copies are told by their bytes, and no vector is read."""
    prints = {"a": Fingerprint("1" * 64), "b": Fingerprint("2" * 64), "c": Fingerprint("1" * 64), "d": Fingerprint()}
    read = Vectors()
    assert grouped(["a", "b", "c", "d", "e", "f"], prints, read) == [[0, 2], [1], [3], [4], [5]]
    assert read.asked == []


def test_near_looks_are_confirmed_by_the_vectors() -> None:
    """Two drawings of one outline have near hashes; where both have a vector, these decide."""
    prints = {"a": looks(0), "b": looks(1), "c": looks(3), "d": looks(7), "far": looks(2**64 - 1)}
    read = Vectors(a=ALIKE, b=OTHER, c=ALIKE)
    assert grouped(["a", "b", "c", "d", "far"], prints, read) == [[0, 2, 3], [1], [4]]
    assert sorted(read.asked) == ["a", "b", "c", "d"]


def test_groups_do_not_chain() -> None:
    """What is near a member but not near the leader is no duplicate of the leader."""
    prints = {"a": looks(0), "b": looks(2**NEAR - 1), "c": looks(2 ** (2 * NEAR) - 1)}
    assert grouped(["a", "b", "c"], prints, Vectors()) == [[0, 1], [2]]
    assert grouped(["b", "a", "c"], prints, Vectors()) == [[0, 1, 2]]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**12 - 1)), max_size=30))
def test_groups_share_nothing_out_twice_and_keep_the_order(told: list[tuple[int, int]]) -> None:
    """Each asset is in one group; leaders and members stay in order; no leader is the same as another leader."""
    ids = [str(number) for number in range(len(told))]
    prints = {
        asset_id: Fingerprint(str(digest) * 64 if digest else "", f"{bits * 0x0001000100010001 % 2**64:016x}")
        for asset_id, (digest, bits) in zip(ids, told, strict=True)
    }

    def same(one: int, other: int) -> bool:
        mine, yours = prints[ids[one]], prints[ids[other]]
        return (mine.sha256 == yours.sha256 != "") or distance(mine.perceptual_hash, yours.perceptual_hash) <= NEAR

    groups = grouped(ids, prints, Vectors())
    assert sorted(position for group in groups for position in group) == list(range(len(ids)))
    assert all(one < other for group in groups for one, other in pairwise(group))
    leaders = [group[0] for group in groups]
    assert leaders == sorted(leaders)
    assert all(same(group[0], other) for group in groups for other in group[1:])
    assert not any(same(one, other) for one in leaders for other in leaders if one != other)


def test_a_vector_that_is_missing_or_of_another_length_decides_nothing() -> None:
    """An asset that was indexed without a model is still found by its hash."""
    assert cosine_of(ALIKE, None) is None
    assert cosine_of(ALIKE, np.ones(3, np.float32)) is None
    assert cosine_of(ALIKE, np.zeros(2, np.float32)) is None
    assert look_the_same(ALIKE, None)
    assert not look_the_same(ALIKE, OTHER)
    assert look_the_same(ALIKE, np.array([1, np.tan(np.arccos(SAME_LOOKS + 0.001))], np.float32))


def test_what_a_document_tells_is_taken_for_a_fingerprint_only_where_it_is_one() -> None:
    """Documents of an older version have no hash; doc values come as lists."""
    assert fingerprint({}) == Fingerprint()
    assert fingerprint({"sha256": ["ab"], "perceptual_hash": ["0123456789abcdef"]}) == Fingerprint(
        "ab", "0123456789abcdef"
    )
    assert fingerprint({"sha256": "ab", "perceptual_hash": "not a hash"}) == Fingerprint("ab")


def test_near_pairs_are_those_that_comparing_each_with_each_finds() -> None:
    """Buckets of pieces miss none and tell none twice, also where a bucket is compared in several steps."""
    chance = np.random.default_rng(3)
    seeds = chance.integers(0, 2**64, 2, dtype=np.uint64)
    noise = [sum(1 << bit for bit in set(chance.integers(0, 64, number % 9).tolist())) for number in range(900)]
    hashes = np.unique(np.array([int(seeds[number % 2]) ^ one for number, one in enumerate(noise)], dtype=np.uint64))
    differing = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    pairs, complete = near_pairs(hashes, most=10**9)
    assert complete
    assert pairs.tolist() == np.argwhere(np.triu(differing <= NEAR, 1)).tolist()
    assert len(pairs) > 1000


def test_too_many_near_pairs_are_told() -> None:
    """A million placeholders that hardly differ must not fill the memory."""
    hashes = np.arange(2**7, dtype=np.uint64)
    pairs, complete = near_pairs(hashes, most=100)
    assert not complete
    assert 100 <= len(pairs) < 2**14
    assert near_pairs(hashes[:1], most=100)[1]
    assert near_pairs(hashes[:0], most=100)[0].shape == (0, 2)


def test_stars_hold_only_what_is_paired_with_their_centre() -> None:
    """The best connected leads; who is left over shares a partner, so that nobody who has a duplicate is left out."""
    assert stars([(1, 2), (2, 3)]) == [[2, 1, 3]]
    assert stars([(1, 2), (2, 3), (3, 4)]) == [[2, 1, 3], [4, 3]]
    assert stars([]) == []


@settings(max_examples=40)
@given(st.sets(st.tuples(st.integers(0, 9), st.integers(10, 19)), max_size=40))
def test_every_pair_has_both_its_ends_in_some_star(pairs: set[tuple[int, int]]) -> None:
    """And each member of a star is paired with its centre."""
    told = stars(sorted(pairs))
    assert {one for pair in pairs for one in pair} == {one for group in told for one in group}
    for centre, *others in told:
        assert all((centre, other) in pairs or (other, centre) in pairs for other in others)


@pytest.mark.parametrize(("looks", "read"), [(None, 0), ("ffffffff00000000", 0), ("000000000000000f", 1)])
def test_vectors_are_read_only_where_hashes_are_near(looks: str | None, read: int) -> None:
    """To group costs no request more where nothing needs to be confirmed, and none at all where nobody groups."""
    index = FakeIndex(SPACES)
    index.documents = {
        name: document(name, "red", title="red", perceptual_hash=told)
        for name, told in (("a", "0000000000000000"), ("b", looks))
    }
    service = service_over(index)
    service.search(SearchRequest(text="red"), stranger())
    plain = list(index.asked)
    assert not any("perceptual_hash" in str(body) for body in plain)
    index.asked.clear()
    answer = service.search(SearchRequest(text="red", group_duplicates=True), stranger())
    assert len(index.asked) == len(plain) + read
    assert len(answer.hits) == 2 - read
