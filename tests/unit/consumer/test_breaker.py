"""The circuit breaker."""

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from damsight_consumer.breaker import Breaker, Turn
from damsight_consumer.errors import AbandonedError, IndexUnavailableError
from damsight_consumer.patience import Patience

FIRST_S, CAP_S = 1.0, 8.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def made(clock: Clock, chance: Callable[[], float] = lambda: 1.0) -> Breaker:
    return Breaker(first_s=FIRST_S, cap_s=CAP_S, clock=clock, chance=chance)


# Powers of two, so that sums are exact and the model's clock is the breaker's.
EIGHTHS = st.integers(0, 8).map(lambda number: number / 8)
SIXTEENTHS = st.integers(0, 160).map(lambda number: number / 16)


class BreakerMachine(RuleBasedStateMachine):
    """Any number of workers ask for turns, and each turn ends somehow, in any order, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.chance = 0.0
        self.breaker = made(self.clock, lambda: self.chance)
        self.under_way: list[Turn] = []
        self.probe: Turn | None = None
        self.open = False
        self.due = 0.0

    @rule(chance=EIGHTHS, seconds=SIXTEENTHS)
    def time_passes(self, chance: float, seconds: float) -> None:
        self.chance = chance
        self.clock.now += seconds

    @rule()
    def a_worker_asks(self) -> None:
        turn = self.breaker.take_turn()
        wanted = not self.open or (self.probe is None and self.clock.now >= self.due)
        assert (turn is not None) == wanted, "a turn is had exactly when it is closed, or due with no probe under way"
        if turn is None:
            return
        assert turn.is_probe == self.open
        self.under_way.append(turn)
        self.probe = turn if self.open else None

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_turn_works(self, data: st.DataObject) -> None:
        self._taken(data).worked()
        self.open, self.probe = False, None
        assert self.breaker.rest_s() == 0.0

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_turn_fails(self, data: st.DataObject) -> None:
        turn = self._taken(data)
        rest = turn.failed()
        assert 0.0 <= rest <= CAP_S
        if not self.open or turn is self.probe:
            assert rest >= FIRST_S / 2
            self.due = self.clock.now + rest
            self.probe = None
        self.open = True

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def a_turn_is_given_back(self, data: st.DataObject) -> None:
        turn = self._taken(data)
        with pytest.raises(KeyError), turn:
            raise KeyError
        if turn is self.probe:
            self.probe = None

    @invariant()
    def it_is_never_long_until_somebody_may_try(self) -> None:
        """Whoever waits gets a turn within the cap, unless a probe is under way and decides."""
        assert self.breaker.rest_s() <= CAP_S
        told = self.breaker.is_open()
        assert told == (self.open and (self.probe is not None or self.clock.now < self.due))

    def _taken(self, data: st.DataObject) -> Turn:
        return self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))


BreakerMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestBreaker = BreakerMachine.TestCase


def test_waits_double_up_to_the_cap_and_begin_anew_after_a_success() -> None:
    """Jittered down by up to a half: here by nothing."""
    clock = Clock()
    breaker = made(clock)
    waits = [breaker.wait_turn(clock.wait).failed() for _ in range(5)]
    assert waits == pytest.approx([1, 2, 4, 8, 8])
    breaker.wait_turn(clock.wait).worked()
    assert breaker.wait_turn(clock.wait).failed() == pytest.approx(1)


def test_who_waits_goes_on_as_soon_as_another_succeeds() -> None:
    """Even where the success is that of a try begun before the trouble, long before the wait is over."""
    clock = Clock()
    breaker = made(clock)
    early, failing = breaker.wait_turn(clock.wait), breaker.wait_turn(clock.wait)
    failing.failed()
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            early.worked()

    assert not breaker.wait_turn(wait).is_probe
    assert sum(waited) < FIRST_S / 2


def test_open_is_told_only_while_somebody_will_find_out_when_it_is_over() -> None:
    """Otherwise lanes that are paused because it is open would stay so for ever."""
    clock = Clock()
    breaker = made(clock)
    breaker.wait_turn(clock.wait).failed()
    assert breaker.is_open()
    clock.now += 2 * FIRST_S
    assert not breaker.is_open()

    def give_up(seconds: float) -> None:
        assert breaker.is_open()
        raise AbandonedError

    probe = breaker.wait_turn(clock.wait)
    with pytest.raises(AbandonedError):
        breaker.wait_turn(give_up)
    with probe:
        assert breaker.is_open()
    assert not breaker.is_open()


def test_stopping_ends_the_wait_at_once() -> None:
    """The wait is the given one, with its own way to give up."""
    abandoned = threading.Event()
    breaker = Breaker(first_s=60.0, cap_s=60.0)
    breaker.wait_turn(Patience(abandoned).wait).failed()
    abandoned.set()
    with pytest.raises(AbandonedError):
        breaker.wait_turn(Patience(abandoned).wait)


def test_many_threads_wait_out_one_service_together() -> None:
    """Each ends with its result; while it is down, only one at a time asks; no unknown error is waited out."""
    lock, down_until = threading.Lock(), 12
    asked: list[bool] = []
    inside, most_inside = 0, 0
    breaker = Breaker(first_s=0.01, cap_s=0.02)
    breaker.wait_turn(time.sleep).failed()

    def attempt() -> str:
        nonlocal inside, most_inside
        with lock:
            asked.append(True)
            down = len(asked) <= down_until
            inside += 1
            most_inside = max(most_inside, inside if down else 0)
        time.sleep(0.002)
        with lock:
            inside -= 1
        if down:
            raise IndexUnavailableError
        return "done"

    results: list[str] = []
    told: list[float] = []

    def work() -> None:
        done = breaker.until_done(attempt, IndexUnavailableError, lambda _, delay: told.append(delay), time.sleep)
        results.append(done)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert results == ["done"] * 6
    assert most_inside == 1
    assert len(told) == down_until
    with pytest.raises(ZeroDivisionError):
        breaker.until_done(lambda: 1 // 0, IndexUnavailableError, lambda *_: None, time.sleep)
    assert not breaker.is_open()
