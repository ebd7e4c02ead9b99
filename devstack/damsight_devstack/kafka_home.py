"""Write what a Kafka process needs: its properties, its logging, its launch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from damsight_devstack.java import Java
from damsight_devstack.launch import Launch
from damsight_devstack.layout import Layout

LOGGING = """\
status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
# Starts, stops and what a broker does on its own; the rest at this level prints a page for each partition.
logger.server.name = kafka.server
logger.server.level = info
"""


def kafka_settings(data: str, broker_port: int, controller_port: int) -> dict[str, str]:
    """One node, broker and controller at once, on 127.0.0.1 only; every internal topic has one replica."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{broker_port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        # A misspelt topic must be an error here, as it is on a well-kept cluster.
        "auto.create.topics.enable": "false",
        "log.retention.hours": "168",
        "log.segment.bytes": str(64 << 20),
        "group.initial.rebalance.delay.ms": "0",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
    }


def with_properties(
    settings: Mapping[str, str], properties: Mapping[str, str], broker_port: int, controller_port: int
) -> dict[str, str]:
    """The settings with somebody's own over them, the ports filled in."""
    ports = {"{broker_port}": str(broker_port), "{controller_port}": str(controller_port)}
    own = dict(properties)
    for mark, port in ports.items():
        own = {key: value.replace(mark, port) for key, value in own.items()}
    return {**settings, **own}


def write_kafka_home(
    layout: Layout,
    *,
    java: Java,
    jars: Sequence[Path],
    heap_mb: int,
    broker_port: int,
    controller_port: int,
    properties: Mapping[str, str],
) -> Path:
    """Write the home and return the launch file."""
    home = layout.home("kafka")
    settings = with_properties(
        kafka_settings(layout.data_from_home("kafka"), broker_port, controller_port),
        properties,
        broker_port,
        controller_port,
    )
    lines = (f"{key}={value}" for key, value in settings.items())
    (home / "server.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (home / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    launch = Launch(
        libjvm=str(java.libjvm),
        jvm_options=(
            f"-Xmx{heap_mb}m",
            "-XX:+UseSerialGC",
            # The quick compiler alone: 2.7 instead of 4.2 CPU-seconds to start, and over 180,000 messages of 1 KB
            # 2.6 instead of 6.2; the optimising compiler never earns its keep in a broker this small.
            "-XX:TieredStopAtLevel=1",
            "-Djava.awt.headless=true",
            "-Dlog4j2.configurationFile=log4j2.properties",
            "-Dlog4j2.disable.jmx=true",
            "--enable-native-access=ALL-UNNAMED",
        ),
        class_path=tuple(str(jar) for jar in jars),
        home=str(home),
        settings=settings,
    )
    launch.write(home / "launch.json")
    return home / "launch.json"
