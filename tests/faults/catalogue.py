"""Every kind of fault of the long run: what it does, for how long, and how often it is drawn."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from damsight_devstack import Stack
from damsight_devstack.faults import kill_server, pause_server, resume_server, start_server
from damsight_devstack.server_process import ServerName
from drivers.faulty_index import Faults, FaultyIndex
from drivers.tcp_faults import TcpFaults
from faults.fleet import Fleet
from faults.hooks import Hooks, Step
from faults.world import World

# All the while, this share of the items of every bulk is answered with 429 or 503.
ALWAYS = Faults(item_errors=0.05)
SESSION_S = 6.0
MAX_POLL_MS = 6000


@dataclass(frozen=True)
class Scene:
    """What faults are done to.

    Attributes:
        http: Answers badly, before the index.
        index: The wire before that.
        kafka: The wire to Kafka.
    """

    stack: Stack
    world: World
    fleet: Fleet
    http: FaultyIndex
    index: TcpFaults
    kafka: TcpFaults
    random: random.Random


@dataclass(frozen=True)
class Fault:
    """One kind.

    Attributes:
        weight: How often it is drawn, as against the others.
        act: Does it, waits, and undoes it.
    """

    name: str
    weight: int
    act: Callable[[Scene], None]


def _kill(scene: Scene, hooks: Hooks | None = None) -> None:
    slot = scene.fleet.choose()
    slot.next_hooks = hooks or Hooks()
    slot.member.kill()
    scene.fleet.tend()


def _kill_at_a_step(scene: Scene) -> None:
    _kill(scene, Hooks(kill_at=scene.random.choice(list(Step)), nth=scene.random.randint(1, 12)))


def _terminate(scene: Scene) -> None:
    slot = scene.fleet.choose()
    slot.asked = True
    slot.member.ask_to_end()
    scene.fleet.hold(1.0)


def _freeze(scene: Scene) -> None:
    member = scene.fleet.choose().member
    member.freeze()
    scene.fleet.hold(SESSION_S + 3)
    member.thaw()


def _stall(scene: Scene) -> None:
    _kill(scene, Hooks(stall_encoder_s=2 * MAX_POLL_MS / 1000, max_poll_ms=MAX_POLL_MS))


def _scale(scene: Scene) -> None:
    scene.fleet.grow()
    scene.fleet.hold(3.0)
    scene.fleet.shrink()


def _http(faults: Faults, seconds: float, scene: Scene) -> None:
    scene.http.faults = replace(faults, item_errors=max(faults.item_errors, ALWAYS.item_errors))
    scene.fleet.hold(seconds)
    scene.http.faults = ALWAYS


def _wire(change: Callable[[TcpFaults], None], seconds: float, kafka: bool, scene: Scene) -> None:
    wire = scene.kafka if kafka else scene.index
    change(wire)
    scene.fleet.hold(seconds)
    wire.pass_through()


def _server(name: ServerName, seconds: float, scene: Scene) -> None:
    kill_server(scene.stack, name)
    scene.fleet.hold(seconds)
    start_server(scene.stack, name)


def _pause(name: ServerName, seconds: float, scene: Scene) -> None:
    pause_server(scene.stack, name)
    try:
        scene.fleet.hold(seconds)
    finally:
        resume_server(scene.stack, name)


def _no_dead_letters(scene: Scene) -> None:
    with scene.world.members.without_dead_letters():
        scene.fleet.hold(3.0)


def _wires() -> list[Fault]:
    found = []
    for target, kafka in (("index", False), ("kafka", True)):
        for name, weight, seconds, change in (
            ("reset once", 16, 0.2, TcpFaults.reset_once),
            ("resets", 8, 1.0, TcpFaults.reset),
            ("refuses", 6, 1.5, TcpFaults.refuse),
            ("latency", 8, 3.0, lambda wire: wire.latency(0.2)),
            ("half-open", 5, 5.0, TcpFaults.half_open),
            ("half-open the other way", 3, 5.0, lambda wire: wire.half_open("requests")),
            ("blackhole", 5, 6.0, TcpFaults.blackhole),
        ):
            found.append(Fault(f"wire to {target}: {name}", weight, partial(_wire, change, seconds, kafka)))
    return found


CATALOGUE: tuple[Fault, ...] = (
    Fault("consumer: SIGKILL", 45, _kill),
    Fault("consumer: SIGKILL, then killed at a step", 30, _kill_at_a_step),
    Fault("consumer: SIGTERM", 25, _terminate),
    Fault("consumer: SIGSTOP longer than its session, SIGCONT", 7, _freeze),
    Fault("consumer: encoder stalls 2 x max.poll.interval", 7, _stall),
    Fault("consumers: one more, one less", 8, _scale),
    Fault("index: 429 and 503", 15, partial(_http, Faults(overloaded=0.5, unavailable=0.5), 1.5)),
    Fault("index: half of the items fail", 10, partial(_http, Faults(item_errors=0.5), 1.5)),
    Fault("index: 413", 10, partial(_http, Faults(too_large_bytes=20_000, only="_bulk"), 1.5)),
    Fault("index: answer lost after apply", 18, partial(_http, Faults(lost_answers=0.7, only="_bulk"), 1.5)),
    Fault("index: read-only", 10, partial(_http, Faults(read_only=True), 1.5)),
    Fault("index: slow", 8, partial(_http, Faults(slow=0.7, slow_s=1.0), 2.0)),
    *_wires(),
    Fault("Elasticsearch: SIGKILL, 2 s down", 4, partial(_server, "elasticsearch", 2.0)),
    Fault("Elasticsearch: stands still", 4, partial(_pause, "elasticsearch", 6.0)),
    Fault("Kafka: SIGKILL, 2 s down", 4, partial(_server, "kafka", 2.0)),
    Fault("Kafka: stands still", 4, partial(_pause, "kafka", 6.0)),
    Fault("dead letters not acknowledged", 5, _no_dead_letters),
)


def outage(server: ServerName, seconds: float) -> Fault:
    """Return a fault that is not drawn, but wanted at a certain time."""
    return Fault(f"{server.capitalize()}: SIGKILL, {seconds:.0f} s down", 0, partial(_server, server, seconds))


def drawn(number: int, rng: random.Random) -> list[Fault]:
    """Return so many faults: each kind at least once where there are enough, and the rest by weight."""
    chosen = rng.sample(CATALOGUE, min(number, len(CATALOGUE)))
    chosen += rng.choices(CATALOGUE, [fault.weight for fault in CATALOGUE], k=number - len(chosen))
    rng.shuffle(chosen)
    return chosen
