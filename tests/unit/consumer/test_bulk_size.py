"""How large a bulk may be."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from damsight_consumer.bulk_size import BulkSize

MEBIBYTE = 1024 * 1024
MOST, LEAST = 8 * MEBIBYTE, 64 * 1024
LESSONS = ("worked", "overloaded", "too_large")


@given(
    st.lists(st.tuples(st.sampled_from(LESSONS), st.integers(1, 4 * MOST))),
    st.integers(1, 2 * MOST),
)
def test_it_stays_within_its_bounds_and_moves_only_the_right_way(lessons: list[tuple[str, int]], most: int) -> None:
    """Whatever it learns: success never shrinks it, failure never grows it."""
    size = BulkSize(most, least=LEAST)
    for lesson, learnt in lessons:
        before = size.allowed()
        getattr(size, lesson)(learnt)
        after = size.allowed()
        assert min(LEAST, most) <= after <= most
        assert after >= before if lesson == "worked" else after <= before


def test_it_is_halved_by_trouble_and_comes_back_in_steps() -> None:
    """Down at once, up slowly: as many full bulks as there are steps in what was lost."""
    size = BulkSize(MOST, least=LEAST)
    size.overloaded(MOST)
    assert size.allowed() == MOST // 2
    steps = 0
    while size.allowed() < MOST:
        size.worked(size.allowed())
        steps += 1
    assert steps == 8


def test_several_bulks_that_fail_together_halve_it_once() -> None:
    """They were sent before any of them could teach the others."""
    size = BulkSize(MOST, least=LEAST)
    for _ in range(4):
        size.overloaded(MOST)
    assert size.allowed() == MOST // 2


def test_a_small_bulk_teaches_nothing_about_size() -> None:
    """The live lane's single documents neither grow it nor shrink it."""
    size = BulkSize(MOST, least=LEAST)
    size.overloaded(MOST)
    size.worked(1000)
    size.overloaded(1000)
    assert size.allowed() == MOST // 2


def test_it_settles_below_what_a_request_may_have() -> None:
    """After a few refusals no bulk is refused again, and bulks are not much smaller than they may be."""
    size, limit = BulkSize(MOST, least=LEAST), 3 * MEBIBYTE
    refused = []
    for number in range(200):
        sent = size.allowed()
        if sent > limit:
            refused.append(number)
            size.too_large(sent)
        else:
            size.worked(sent)
    assert len(refused) <= 4
    assert max(refused) < 30
    assert limit - MOST // 16 <= size.allowed() <= limit


def test_any_thread_may_teach_it() -> None:
    """No lesson is lost: each of the steps counts."""
    size = BulkSize(1600, least=1)
    size.overloaded(2)
    assert size.allowed() == 1600
    size.overloaded(1600)
    threads = [threading.Thread(target=size.worked, args=(1600,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert size.allowed() == 1600
