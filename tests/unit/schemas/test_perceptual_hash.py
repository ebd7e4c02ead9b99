"""Near hashes are found by their pieces."""

from hypothesis import example, given
from hypothesis import strategies as st

from damsight_schemas.perceptual_hash import BANDS, NEAR, bands_of, distance, is_perceptual_hash

BITS = st.integers(0, 2**64 - 1)
CHANGED = st.sets(st.integers(0, 63), max_size=NEAR)


@given(BITS, CHANGED)
@example(0, {0, 8, 16, 24, 32, 40, 48})
@example(2**64 - 1, {63, 55, 47, 39, 31, 23, 15})
def test_near_hashes_share_a_piece(bits: int, changed: set[int]) -> None:
    """Whichever bits differ, as long as they are no more than what counts as near."""
    one, other = f"{bits:016x}", f"{bits ^ sum(1 << bit for bit in changed):016x}"
    assert distance(one, other) == len(changed)
    assert set(bands_of(one)) & set(bands_of(other))


@given(BITS)
def test_the_pieces_are_the_whole_hash_each_in_its_place(bits: int) -> None:
    """So that a piece never meets the same digits of another place."""
    told = f"{bits:016x}"
    assert is_perceptual_hash(told)
    assert "".join(band.partition(":")[2] for band in bands_of(told)) == told
    assert len(set(bands_of(told))) == BANDS


def test_what_is_no_hash_is_told_from_one() -> None:
    """Documents are read with whatever they hold."""
    for told in (None, 7, "", "0" * 15, "0" * 17, "G" * 16, "A" * 16, ["0" * 16]):
        assert not is_perceptual_hash(told)
