"""One Kafka broker and controller in this process: `python -m damsight_devstack.kafka_node LAUNCH_FILE`."""

from pathlib import Path

import jpype

from damsight_devstack.launch import Launch
from damsight_devstack.node_process import Close, run_node


def open_kafka(launch: Launch) -> Close:
    """Format the data folder if it is new, then start the broker; returns what closes it."""
    properties = jpype.JClass("java.util.Properties")()
    for key, value in launch.settings.items():
        properties.setProperty(key, value)
    if not (Path(launch.settings["log.dirs"]) / "meta.properties").exists():
        _format(Path("server.properties"))
    log_every_setting = False
    config = jpype.JClass("kafka.server.KafkaConfig").fromProps(properties, log_every_setting)
    clock = jpype.JClass("org.apache.kafka.common.utils.Time").SYSTEM
    server = jpype.JClass("kafka.server.KafkaRaftServer")(config, clock)
    server.startup()

    def close() -> None:
        server.shutdown()
        server.awaitShutdown()

    return close


def _format(properties_file: Path) -> None:
    """Write the KRaft metadata of a new cluster, in this Java rather than in a second one."""
    cluster = jpype.JClass("org.apache.kafka.common.Uuid").randomUuid().toString()
    arguments = ["format", "--ignore-formatted", "-t", str(cluster), "-c", str(properties_file)]
    tool = jpype.JClass("kafka.tools.StorageTool")
    tool.execute(jpype.JArray(jpype.JString)(arguments), jpype.JClass("java.lang.System").out)


if __name__ == "__main__":
    run_node(open_kafka)
