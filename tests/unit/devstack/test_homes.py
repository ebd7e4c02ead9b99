import zipfile
from pathlib import Path

import pytest

from damsight_devstack.elasticsearch_home import write_elasticsearch_home
from damsight_devstack.java import VECTOR_MODULE, Java
from damsight_devstack.kafka_home import write_kafka_home
from damsight_devstack.launch import Launch, read_launch
from damsight_devstack.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "Jörg, privat")
    made.create()
    return made


def _java(*, has_vectors: bool) -> Java:
    return Java(Path("/jdk"), Path("/jdk/lib/server/libjvm.so"), 25, has_vectors=has_vectors)


def _elasticsearch(layout: Layout, cache: Path, *, has_vectors: bool) -> Launch:
    cache.mkdir(exist_ok=True)
    server, module = cache / "elasticsearch-9.5.3.jar", cache / "transport-netty4-9.5.3.jar"
    server.write_bytes(b"jar")
    with zipfile.ZipFile(module, "w") as archive:
        folder = "META-INF/es-plugins/transport-netty4/"
        archive.writestr(f"{folder}plugin-descriptor.properties", "name=transport-netty4\nmodulename=org.es.netty\n")
        archive.writestr(f"{folder}entitlement-policy.yaml", "ALL-UNNAMED: []\n")
        archive.writestr("org/elasticsearch/Netty.class", b"")
    launch = write_elasticsearch_home(
        layout,
        java=_java(has_vectors=has_vectors),
        server_jars=[server],
        module_jars=[module],
        heap_mb=700,
        http_port=9200,
        transport_port=9300,
    )
    return read_launch(launch)


def test_a_launch_comes_back(tmp_path: Path) -> None:
    """What the parent writes for a server's process is what that process reads."""
    launch = Launch("/jvm", ("-Xmx1m",), ("a.jar", "b.jar"), "/home", {"key": "ü"}, uses_modules=True)
    launch.write(tmp_path / "launch.json")
    assert read_launch(tmp_path / "launch.json") == launch


def test_kafka_listens_on_this_computer_only(layout: Layout) -> None:
    """Every listener is on 127.0.0.1, topics are never created by accident, and groups join without delay."""
    launch = read_launch(
        write_kafka_home(
            layout, java=_java(has_vectors=False), jars=[], heap_mb=300, broker_port=1, controller_port=2, properties={}
        )
    )
    assert launch.settings["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert launch.settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1"
    assert launch.settings["auto.create.topics.enable"] == "false"
    assert launch.settings["group.initial.rebalance.delay.ms"] == "0"
    assert "-Xmx300m" in launch.jvm_options


def test_kafkas_properties_are_plain_ascii(layout: Layout) -> None:
    """The folder's name, with its accent and its comma, is not in the file that Kafka reads as Latin-1."""
    write_kafka_home(
        layout, java=_java(has_vectors=False), jars=[], heap_mb=300, broker_port=1, controller_port=2, properties={}
    )
    assert "log.dirs=../../data/kafka\n" in (layout.home("kafka") / "server.properties").read_text("ascii")


def test_kafkas_own_properties_win_and_know_the_ports(layout: Layout) -> None:
    """A property of one's own replaces the stack's, in the launch and in the file, with the chosen ports filled in."""
    own = {"log.retention.ms": "1000", "listeners": "A://127.0.0.1:{broker_port},B://127.0.0.1:{controller_port}"}
    launch = read_launch(
        write_kafka_home(
            layout,
            java=_java(has_vectors=False),
            jars=[],
            heap_mb=300,
            broker_port=1,
            controller_port=2,
            properties=own,
        )
    )
    assert launch.settings["listeners"] == "A://127.0.0.1:1,B://127.0.0.1:2"
    assert launch.settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1"
    assert "log.retention.ms=1000\n" in (layout.home("kafka") / "server.properties").read_text("ascii")


def test_elasticsearch_home_has_what_the_node_loads(layout: Layout, tmp_path: Path) -> None:
    """The jars are linked, the module's descriptor and policy lie beside its jar, the data is outside the home."""
    launch = _elasticsearch(layout, tmp_path / "cache", has_vectors=False)
    home = layout.home("elasticsearch")
    assert (home / "lib" / "elasticsearch-9.5.3.jar").read_bytes() == b"jar"
    assert sorted(path.name for path in (home / "modules" / "transport-netty4").iterdir()) == [
        "entitlement-policy.yaml",
        "plugin-descriptor.properties",
        "transport-netty4-9.5.3.jar",
    ]
    assert (home / "data").resolve() == layout.data("elasticsearch").resolve()
    assert launch.settings["network.host"] == "127.0.0.1"
    assert launch.settings["cluster.routing.allocation.disk.threshold_enabled"] == "false"


def test_without_the_vector_module_the_jars_are_on_the_class_path(layout: Layout, tmp_path: Path) -> None:
    """On a small Java nothing is a named module: the class path holds the jars and the descriptor names none."""
    launch = _elasticsearch(layout, tmp_path / "cache", has_vectors=False)
    descriptor = layout.home("elasticsearch") / "modules" / "transport-netty4" / "plugin-descriptor.properties"
    assert launch.class_path
    assert not launch.uses_modules
    assert descriptor.read_text() == "name=transport-netty4\n"
    assert not any(VECTOR_MODULE in option for option in launch.jvm_options)


def test_with_the_vector_module_the_jars_are_modules(layout: Layout, tmp_path: Path) -> None:
    """On a full JDK the jars are on the module path and the vector module is added, also after a start without."""
    _elasticsearch(layout, tmp_path / "cache", has_vectors=False)
    launch = _elasticsearch(layout, tmp_path / "cache", has_vectors=True)
    descriptor = layout.home("elasticsearch") / "modules" / "transport-netty4" / "plugin-descriptor.properties"
    assert (launch.class_path, launch.uses_modules) == ((), True)
    assert f"--add-modules=jdk.net,{VECTOR_MODULE},ALL-MODULE-PATH" in launch.jvm_options
    assert "modulename=org.es.netty" in descriptor.read_text()


def test_the_analysis_module_is_there_where_it_was_compiled(layout: Layout, tmp_path: Path) -> None:
    """Its descriptor names the server's own version, and without a jar the module is gone."""
    jars = {name: tmp_path / name for name in ("elasticsearch-9.5.3.jar", "elasticsearch-core-9.5.3.jar", "a.jar")}
    for jar in jars.values():
        jar.write_bytes(b"jar")
    with zipfile.ZipFile(tmp_path / "transport-netty4-9.5.3.jar", "w") as archive:
        archive.writestr("META-INF/es-plugins/transport-netty4/plugin-descriptor.properties", "name=transport-netty4\n")
    module = layout.home("elasticsearch") / "modules" / "damsight-analysis"
    for compiled in (jars["a.jar"], None):
        write_elasticsearch_home(
            layout,
            java=_java(has_vectors=False),
            server_jars=[jars["elasticsearch-core-9.5.3.jar"], jars["elasticsearch-9.5.3.jar"]],
            module_jars=[tmp_path / "transport-netty4-9.5.3.jar"],
            analysis_jar=compiled,
            heap_mb=700,
            http_port=9200,
            transport_port=9300,
        )
        if compiled is not None:
            descriptor = (module / "plugin-descriptor.properties").read_text(encoding="utf-8")
            assert "elasticsearch.version=9.5.3\n" in descriptor
    assert not module.exists()
