"""A few members that are replaced when they end, as an orchestrator does."""

import random
import time
from collections import Counter
from dataclasses import dataclass

from faults.hooks import Hooks
from faults.members import Member, Members

_BETWEEN_STARTS_S = 2.0
_PLAIN = Hooks()
_KILLED = -9
_SHOWN = 400
# For a member that is fenced, or that finds a server away when it starts: the orchestrator starts another.
_ENDED_WELL = 0


@dataclass
class Slot:
    """One replica.

    Attributes:
        instance: Its static membership's id; none for a member whose place goes to the others when it ends.
        next_hooks: What the next one that starts here suffers.
        asked: It was asked to end.
    """

    instance: str | None
    member: Member
    started: float
    next_hooks: Hooks = _PLAIN
    asked: bool = False


class Fleet:
    """The replicas.

    Args:
        members: Starts them.
        replicas: How many there are at first; each second one has a static membership.
        rng: Chooses among them.
    """

    def __init__(self, members: Members, replicas: int, rng: random.Random) -> None:
        self._members = members
        self._random = rng
        self._started = 0
        self.slots = [self._slot() for _ in range(replicas)]
        self.died_at: Counter[str] = Counter()
        self.ended_by_themselves: Counter[int] = Counter()
        self.last_words: list[str] = []

    def choose(self) -> Slot:
        """Return one that runs, where any does."""
        running = [slot for slot in self.slots if slot.member.is_alive]
        return self._random.choice(running or self.slots)

    def grow(self) -> None:
        self.slots.append(self._slot())

    def shrink(self) -> None:
        """Ask one to end, and do not replace it."""
        slot = self.slots.pop()
        slot.member.ask_to_end()

    def hold(self, seconds: float) -> None:
        """Let time pass, and replace what ends meanwhile."""
        deadline = time.monotonic() + seconds
        while True:
            self.tend()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(0.2, left))

    def tend(self) -> None:
        """Replace what has ended."""
        for slot in self.slots:
            code = slot.member.exit_code
            if code is not None and time.monotonic() - slot.started > _BETWEEN_STARTS_S:
                self._note(slot, code)
                self._restart(slot)

    def _note(self, slot: Slot, code: int) -> None:
        hooks = slot.member.hooks
        if code == _KILLED and hooks.kill_at is not None:
            self.died_at[hooks.kill_at.value] += 1
        elif code not in (_KILLED, _ENDED_WELL) or (code == _ENDED_WELL and not slot.asked):
            self.ended_by_themselves[code] += 1
            self.last_words.append(slot.member.last_words()[-_SHOWN:])

    def _restart(self, slot: Slot) -> None:
        slot.member, slot.started = self._start(slot.instance, slot.next_hooks), time.monotonic()
        slot.next_hooks, slot.asked = _PLAIN, False

    def _slot(self) -> Slot:
        self._started += 1
        instance = f"replica-{self._started}" if self._started % 2 == 0 else None
        return Slot(instance, self._start(instance, _PLAIN), time.monotonic())

    def _start(self, instance: str | None, hooks: Hooks) -> Member:
        settings = {} if instance is None else {"DAMSIGHT_CONSUMER__INSTANCE_ID": instance}
        return self._members.start(hooks, **settings)
