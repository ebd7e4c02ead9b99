"""The long proof: hundreds of faults at random while events come, and then every asset compared.

make faults ARGS='--faults 300 --events 200000 --minutes 17 --seed 7'
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from damsight_devstack import running_stack
from drivers.faulty_index import FaultyIndex
from drivers.socks_faults import SocksFaults
from drivers.tcp_faults import TcpFaults
from faults.catalogue import ALWAYS, Fault, Scene, drawn, outage
from faults.fleet import Fleet
from faults.history import Change
from faults.members import Cradle
from faults.report import Run, page, write
from faults.teller import Teller
from faults.world import World

CONSUMERS = 3
DRAIN_S = 900.0
# The server's own default after which it forgets a deletion is 60 s.
FORGOTTEN_S = 61.0
_LATE = 2000
_OUTAGE_S = 60.0
_LONG_ENOUGH_FOR_OUTAGES_MIN = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print what was found, write it down, and return 0 where nothing is wrong."""
    given = _parsed(arguments)
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    _say(f"seed {seed}: {given.faults} faults, {given.events:,} events, about {given.minutes:g} minutes and the end")
    chosen = [f"--faults {given.faults}", f"--events {given.events}", f"--minutes {given.minutes:g}", f"--seed {seed}"]
    command = f"make faults ARGS='{' '.join(chosen)}'"
    with ExitStack() as ends:
        scene = _scene(ends, seed)
        run = _run(scene, given, seed, command)
    for words in scene.fleet.last_words:
        _say(f"ended by itself: {words}")
    _say(page(run))
    if given.write:
        _say(f"written to {write(run).name}")
    return 0 if run.passed else 1


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--faults", type=int, default=300, help="at least so many (default: 300)")
    parser.add_argument("--events", type=int, default=200_000, help="at least so many (default: 200,000)")
    parser.add_argument("--minutes", type=float, default=17.0, help="over which both are spread (default: 17)")
    parser.add_argument("--seed", type=int, help="repeats what was drawn; printed at the start")
    parser.add_argument("--no-write", dest="write", action="store_false", help="leave bench/results as it is")
    return parser.parse_args(arguments)


def _scene(ends: ExitStack, seed: int) -> Scene:
    folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="damsight-faults-")))
    stack = ends.enter_context(running_stack())
    http = ends.enter_context(FaultyIndex(stack.elasticsearch_url, seed=seed))
    index = ends.enter_context(TcpFaults.before(http.url))
    kafka = ends.enter_context(SocksFaults())
    cradle = ends.enter_context(closing(Cradle()))
    world = World(stack, cradle, folder, seed=seed, elasticsearch_url=index.url, DAMSIGHT_KAFKA__PROXY_URL=kafka.url)
    ends.callback(world.close)
    rng = random.Random(seed)  # noqa: S311  repeatable, guards no secret
    http.faults = ALWAYS
    return Scene(stack, world, Fleet(world.members, CONSUMERS, rng), http, index, kafka, rng)


def _run(scene: Scene, given: argparse.Namespace, seed: int, command: str) -> Run:
    began, world = time.monotonic(), scene.world
    faults = drawn(given.faults, scene.random)
    if given.minutes >= _LONG_ENOUGH_FOR_OUTAGES_MIN:
        faults.insert(len(faults) // 3, outage("kafka", _OUTAGE_S))
        faults.insert(2 * len(faults) // 3, outage("elasticsearch", _OUTAGE_S))
    teller = Teller(world, given.events, given.minutes * 60)
    teller.start()
    try:
        done = _suffer(scene, faults, given.minutes * 60, began)
        teller.join()
    finally:
        teller.end()
    sent = world.events
    done += _come_late(scene, began)
    late_creates = world.events - sent
    world.settle(within_s=DRAIN_S)
    _say(f"{time.monotonic() - began:6.0f} s  all is committed; comparing")
    delivered = world.members.delivered()
    world.members.close()
    unlettered = world.unlettered()
    for trail in world.trails(unlettered):
        _say(f"no dead letter: {trail}")
    if unlettered:
        _say(f"dead letters by error: {dict(world.reasons())}")
    done += Counter(
        {f"consumer: killed {step.replace('_', ' ')}": count for step, count in scene.fleet.died_at.items()}
    )
    return Run(
        command=command, seed=seed, wall_s=time.monotonic() - began, faults=done, events=world.events,
        changes=teller.changes, late_creates=late_creates, held_back=teller.held_back, delivered=delivered,
        records=world.records(),
        ended_by_themselves=scene.fleet.ended_by_themselves, comparison=world.compare(),
        unlettered=len(unlettered), consumers=CONSUMERS,
    )  # fmt: skip


def _suffer(scene: Scene, faults: Sequence[Fault], seconds: float, began: float) -> Counter[str]:
    """Let the faults happen one after another, evenly over the time as far as they allow it."""
    done: Counter[str] = Counter()
    for number, fault in enumerate(faults):
        if number == len(faults) // 2:
            scene.world.offsets.admin.create_partitions({scene.world.name: 12})
            done["topic: 6 to 12 partitions"] += 1
        fault.act(scene)
        done[fault.name] += 1
        now = time.monotonic() - began
        _say(f"{now:6.0f} s  {number + 1}/{len(faults)}  {scene.world.events:,} events sent  {fault.name}")
        scene.fleet.hold(max(0.2, seconds * (number + 1) / len(faults) - now))
    return done


def _come_late(scene: Scene, began: float) -> Counter[str]:
    """Create what was deleted, long after, and again when the server was killed: nothing may rise."""
    world = scene.world
    world.settle(within_s=DRAIN_S)
    scene.fleet.hold(FORGOTTEN_S)
    dead = [change for change in world.expected().values() if change.deleted and change.revision > 1][:_LATE]
    _say(f"{time.monotonic() - began:6.0f} s  {len(dead):,} deleted assets are created late, twice")
    world.tell([Change(each.asset_id, each.revision - 1, created=True) for each in dead])
    world.settle(within_s=DRAIN_S)
    killed = outage("elasticsearch", 2.0)
    killed.act(scene)
    world.tell([Change(each.asset_id, 1, created=True) for each in dead])
    return Counter({killed.name: 1})


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
