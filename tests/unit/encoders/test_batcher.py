"""What waits goes together; a failed batch fails its own requests and nothing else."""

import asyncio
import threading

import numpy as np
import pytest

from damsight_encoders.errors import DeviceError, EncoderBusyError
from damsight_encoders.ports import Vectors
from damsight_encoders.service.batcher import GreedyBatcher


class Gate:
    """An encoder that a test opens and closes; it keeps what it was given."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, items: list[int]) -> Vectors:
        self.batches.append(items)
        self.entered.set()
        assert self.open.wait(timeout=20)
        if -1 in items:
            raise DeviceError("no memory")
        return np.array([[item] for item in items], dtype=np.float32)


def batcher(gate: Gate, most: int = 4, waiting: int = 100) -> GreedyBatcher[int]:
    return GreedyBatcher(gate, most=most, waiting=waiting, observe=lambda _size, _seconds: None)


def test_what_waits_is_put_into_one_batch() -> None:
    """While the first request computes, the next four gather; they go together, and each gets its own rows."""

    async def run() -> tuple[Gate, list[Vectors]]:
        gate = Gate()
        encoding = batcher(gate)
        first = asyncio.create_task(encoding.encode([0]))
        await asyncio.to_thread(gate.entered.wait, 20)
        others = [asyncio.create_task(encoding.encode(items)) for items in ([1], [2, 3], [4], [5, 6])]
        await asyncio.sleep(0)
        gate.open.set()
        return gate, await asyncio.gather(first, *others)

    gate, answers = asyncio.run(run())
    assert gate.batches == [[0], [1, 2, 3, 4], [5, 6]]
    assert [answer[:, 0].tolist() for answer in answers] == [[0], [1], [2, 3], [4], [5, 6]]


def test_a_request_larger_than_a_batch_goes_alone() -> None:
    """A request of more items than a batch is not split or refused."""

    async def run() -> Vectors:
        gate = Gate()
        gate.open.set()
        return await batcher(gate, most=2).encode([1, 2, 3, 4, 5])

    assert asyncio.run(run()).shape == (5, 1)


def test_a_failed_batch_fails_its_requests_and_the_next_is_answered() -> None:
    """An error reaches every request of its batch; the batcher lives on."""

    async def run() -> Vectors:
        gate = Gate()
        gate.open.set()
        encoding = batcher(gate)
        for outcome in await asyncio.gather(encoding.encode([-1]), encoding.encode([7]), return_exceptions=True):
            assert isinstance(outcome, DeviceError)
        return await encoding.encode([8])

    assert asyncio.run(run())[0, 0] == 8


def test_too_much_waiting_is_refused() -> None:
    """Beyond the limit a request is refused at once, and those that wait are answered."""

    async def run() -> list[Vectors]:
        gate = Gate()
        encoding = batcher(gate, most=1, waiting=2)
        tasks = [asyncio.create_task(encoding.encode([0]))]
        await asyncio.to_thread(gate.entered.wait, 20)
        tasks += [asyncio.create_task(encoding.encode([number])) for number in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(EncoderBusyError, match="2 inputs wait already"):
            await encoding.encode([3])
        gate.open.set()
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(run())) == 3


def test_who_went_away_is_not_computed() -> None:
    """A request whose client disconnected while it waited takes no part in a batch."""

    async def run() -> Gate:
        gate = Gate()
        encoding = batcher(gate, most=1)
        first = asyncio.create_task(encoding.encode([0]))
        await asyncio.to_thread(gate.entered.wait, 20)
        gone, stays = asyncio.create_task(encoding.encode([1])), asyncio.create_task(encoding.encode([2]))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(first, stays)
        return gate

    assert asyncio.run(run()).batches == [[0], [2]]


def test_a_search_goes_before_a_backfill() -> None:
    """What is interactive overtakes bulk that waited longer, in batches of its own; both are answered."""

    async def run() -> Gate:
        gate = Gate()
        encoding = batcher(gate)
        tasks = [asyncio.create_task(encoding.encode([0], "bulk"))]
        await asyncio.to_thread(gate.entered.wait, 20)
        tasks += [asyncio.create_task(encoding.encode([number, number], "bulk")) for number in (1, 2, 3)]
        tasks += [asyncio.create_task(encoding.encode([number])) for number in (8, 9)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)
        return gate

    assert asyncio.run(run()).batches == [[0], [8, 9], [1, 1, 2, 2], [3, 3]]


def test_a_backfill_has_its_turn_among_searches() -> None:
    """However many searches wait, bulk has the ninth batch: it is slowed and not stopped."""

    async def run() -> Gate:
        gate = Gate()
        encoding = batcher(gate, most=1)
        tasks = [asyncio.create_task(encoding.encode([0]))]
        await asyncio.to_thread(gate.entered.wait, 20)
        tasks.append(asyncio.create_task(encoding.encode([100], "bulk")))
        tasks += [asyncio.create_task(encoding.encode([number])) for number in range(1, 20)]
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)
        return gate

    assert asyncio.run(run()).batches.index([100]) == 8


def test_a_full_backfill_refuses_no_search() -> None:
    """Each priority has its own limit: while bulk is refused, a search is taken."""

    async def run() -> Vectors:
        gate = Gate()
        encoding = batcher(gate, most=1, waiting=1)
        tasks = [asyncio.create_task(encoding.encode([0], "bulk"))]
        await asyncio.to_thread(gate.entered.wait, 20)
        tasks.append(asyncio.create_task(encoding.encode([1], "bulk")))
        await asyncio.sleep(0)
        with pytest.raises(EncoderBusyError):
            await encoding.encode([2], "bulk")
        search = asyncio.create_task(encoding.encode([3]))
        await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)
        return await search

    assert asyncio.run(run())[0, 0] == 3
