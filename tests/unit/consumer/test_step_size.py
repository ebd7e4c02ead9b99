"""A step of the backfill takes about as long as it may, whatever does the work."""

from damsight_consumer.step_size import StepSize


def test_the_first_step_is_one_piece() -> None:
    """Nothing is known of what one takes."""
    assert StepSize(0.03, 64).pieces() == 1


def test_a_slow_processor_takes_one_and_a_fast_one_all() -> None:
    """20 ms each leaves room for one in 30 ms, 12 ms for two, and 0.1 ms for as many as a batch holds."""
    for seconds, pieces in ((0.5, 1), (0.02, 1), (0.012, 2), (0.003, 10), (0.0001, 64), (0.0, 64)):
        step = StepSize(0.03, 64)
        step.took(10, 10 * seconds)
        assert step.pieces() == pieces, seconds


def test_it_takes_fewer_at_once_and_more_by_and_by() -> None:
    """Pictures after words: the second step of them is short. Words after pictures: steps grow, and none jumps."""
    step = StepSize(0.03, 64)
    for _ in range(20):
        step.took(1, 0.001)
    assert step.pieces() in (29, 30)
    step.took(1, 0.02)
    assert step.pieces() == 2
    before = 2
    for _ in range(60):
        step.took(1, 0.001)
        assert before <= step.pieces() <= before + 3
        before = step.pieces()
    assert before > 20


def test_an_outage_is_forgotten_soon() -> None:
    """A batch that waited a minute for a service says no more than that one piece is enough; ten later it is known."""
    step = StepSize(0.03, 64)
    for _ in range(20):
        step.took(1, 0.001)
    step.took(1, 60.0)
    assert step.pieces() == 1
    for _ in range(12):
        step.took(1, 0.001)
    assert step.pieces() > 4
