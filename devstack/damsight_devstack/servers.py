"""Start both servers side by side, on ports of their own, until both are ready."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from damsight_devstack.analysis_module import analysis_jar
from damsight_devstack.elasticsearch_home import write_elasticsearch_home
from damsight_devstack.elasticsearch_probe import elasticsearch_problem
from damsight_devstack.errors import PortTakenError
from damsight_devstack.jar_download import fetch_jars
from damsight_devstack.jar_lock import load_lock
from damsight_devstack.java import Java, find_java
from damsight_devstack.kafka_home import write_kafka_home
from damsight_devstack.kafka_probe import kafka_problem
from damsight_devstack.layout import Layout
from damsight_devstack.ports import HOST, free_ports, hold, is_free
from damsight_devstack.progress import OnProgress, StackProgress
from damsight_devstack.readiness import Problem, wait_until_ready
from damsight_devstack.server_process import ServerName, ServerProcess, start_server
from damsight_devstack.settings import StackSettings

PORT_ATTEMPTS = 4


@dataclass(slots=True)
class Servers:
    """The servers of one stack that this process started; `held` keep their ports from going to anybody else."""

    running: dict[ServerName, ServerProcess]
    held: tuple[socket.socket, ...] = ()

    def release(self) -> None:
        """Let them run on after this process."""
        for server in self.running.values():
            server.release()
        self._let_go()

    def kill(self) -> None:
        """End them at once."""
        for server in self.running.values():
            server.kill()
        self._let_go()

    def _let_go(self) -> None:
        for one in self.held:
            one.close()


@dataclass(frozen=True, slots=True)
class Ports:
    """The client ports, and the two that the servers keep to themselves."""

    kafka: int
    elasticsearch: int
    controller: int
    transport: int


def start_servers(
    layout: Layout,
    settings: StackSettings,
    *,
    preferred: tuple[int, int] | None,
    on_progress: OnProgress,
) -> Servers:
    """Fetch what is missing, start both, return when both are ready.

    `preferred` are the client ports of the run before: a restarted stack keeps its addresses where it can.

    Raises:
        StackError: As the parts raise it; nothing is left running.
    """
    java = find_java(settings.java_home)
    if java.note:
        on_progress(StackProgress("note", java.note))
    write_homes = _prepare(layout, settings, java, on_progress)
    on_progress(StackProgress("start", f"Starting Kafka and Elasticsearch on Java {java.major}"))
    for attempt in range(1, PORT_ATTEMPTS + 1):
        ports = choose_ports(settings, preferred)
        try:
            return _start_once(layout, settings, ports, write_homes, on_progress)
        except PortTakenError:
            # Somebody was quicker between our look and the bind: look again, which tells if it has an ordered port.
            if attempt == PORT_ATTEMPTS:
                raise
            preferred = None
    raise AssertionError("the last attempt returns or raises")


def choose_ports(settings: StackSettings, preferred: tuple[int, int] | None) -> Ports:
    """The ordered ports, else the preferred ones where they are free, else any.

    Raises:
        PortTakenError: An ordered port is taken.
    """
    free = free_ports(4)
    wishes = preferred or (0, 0)
    return Ports(
        kafka=_port("KAFKA", settings.kafka_port, wishes[0], free[0]),
        elasticsearch=_port("ELASTICSEARCH", settings.elasticsearch_port, wishes[1], free[1]),
        controller=free[2],
        transport=free[3],
    )


def _port(server: str, ordered: int, wished: int, free: int) -> int:
    if not ordered:
        return wished if wished and is_free(wished) else free
    if not is_free(ordered):
        raise PortTakenError(
            f"Port {ordered} on {HOST} is taken by another program (DAMSIGHT_STACK__{server}_PORT={ordered}). Stop "
            "that program, order another port, or unset the setting so that a free port is taken."
        )
    return ordered


WriteHomes = Callable[[Ports], None]


def _prepare(layout: Layout, settings: StackSettings, java: Java, on_progress: OnProgress) -> WriteHomes:
    lock = load_lock()
    paths = fetch_jars(
        lock.jars, cache=settings.cache.absolute(), repository=settings.repository, on_progress=on_progress
    )
    server_jars = [paths[jar] for jar in lock.elasticsearch]
    analysis = _analysis(settings, java, paths[lock.compiler], server_jars)

    def write_homes(ports: Ports) -> None:
        write_kafka_home(
            layout,
            java=java,
            jars=[paths[jar] for jar in lock.kafka],
            heap_mb=settings.kafka_heap_mb,
            broker_port=ports.kafka,
            controller_port=ports.controller,
            properties=settings.kafka_properties,
        )
        write_elasticsearch_home(
            layout,
            java=java,
            server_jars=server_jars,
            module_jars=[paths[jar] for jar in lock.transport_netty4],
            analysis_jar=analysis,
            heap_mb=settings.elasticsearch_heap_mb,
            http_port=ports.elasticsearch,
            transport_port=ports.transport,
        )

    return write_homes


def _analysis(settings: StackSettings, java: Java, compiler: Path, server_jars: Sequence[Path]) -> Path | None:
    if not settings.analysis:
        return None
    return analysis_jar(settings.cache.absolute(), java=java, compiler=compiler, server_jars=server_jars)


def problem_of(name: ServerName, port: int) -> Problem:
    """What proves that a server works: it returns None, or what is wrong."""
    if name == "kafka":
        return lambda: kafka_problem(f"{HOST}:{port}")
    return lambda: elasticsearch_problem(f"http://{HOST}:{port}")


def _start_once(
    layout: Layout, settings: StackSettings, ports: Ports, write_homes: WriteHomes, on_progress: OnProgress
) -> Servers:
    write_homes(ports)
    wanted: dict[ServerName, int] = {"kafka": ports.kafka, "elasticsearch": ports.elasticsearch}
    everyone = (ports.kafka, ports.elasticsearch, ports.controller, ports.transport)
    servers = Servers({}, tuple(held for port in everyone if (held := hold(port))))
    try:
        for name, port in wanted.items():
            servers.running[name] = start_server(name, layout, port)
        wait_until_ready(
            {server: problem_of(name, server.port) for name, server in servers.running.items()},
            within_s=settings.start_timeout_s,
            on_progress=on_progress,
        )
    except BaseException:
        servers.kill()
        raise
    return servers
