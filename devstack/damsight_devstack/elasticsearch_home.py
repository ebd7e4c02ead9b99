"""Lay out an Elasticsearch home from the Maven jars, and write its logging and its launch."""

import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from damsight_devstack import analysis_module
from damsight_devstack.java import VECTOR_MODULE, Java
from damsight_devstack.launch import Launch
from damsight_devstack.layout import Layout

LOGGING = """\
status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
# The Maven jars come without the distribution's native libraries; the node says so at length and does without.
logger.native.name = org.elasticsearch.nativeaccess.NativeAccess
logger.native.level = error
"""
MODULE = "transport-netty4"
SERVER = "elasticsearch-"
# What a plugin's jar from Maven carries of the files that a distribution lays beside it.
PLUGIN_FILES = "META-INF/es-plugins/"


def elasticsearch_settings(home: Path, logs: Path, http_port: int, transport_port: int) -> dict[str, str]:
    """One node on 127.0.0.1 only; a laptop's nearly full disk must not turn its indices read-only."""
    return {
        "path.home": str(home),
        "path.logs": str(logs),
        "cluster.name": "damsight-stack",
        "node.name": "node-1",
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": str(http_port),
        "transport.port": str(transport_port),
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }


def write_elasticsearch_home(
    layout: Layout,
    *,
    java: Java,
    server_jars: Sequence[Path],
    module_jars: Sequence[Path],
    analysis_jar: Path | None = None,
    heap_mb: int,
    http_port: int,
    transport_port: int,
) -> Path:
    """Write the home and return the launch file; without `analysis_jar` the node has plain analysis alone."""
    home = layout.home("elasticsearch")
    _fill(home / "lib", server_jars)
    _fill_module(home / "modules" / MODULE, module_jars, keep_module_name=java.has_vectors)
    _write_analysis(home / "modules" / analysis_module.NAME, analysis_jar, server_jars)
    # A link rather than the setting path.data, which would split the path at a comma.
    (home / "data").unlink(missing_ok=True)
    (home / "data").symlink_to(layout.data_from_home("elasticsearch"))
    (home / "plugins").mkdir(exist_ok=True)
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    launch = Launch(
        libjvm=str(java.libjvm),
        jvm_options=_jvm_options(home, java, heap_mb),
        class_path=() if java.has_vectors else tuple(str(home / "lib" / jar.name) for jar in server_jars),
        home=str(home),
        settings=elasticsearch_settings(home, layout.folder / "logs", http_port, transport_port),
        uses_modules=java.has_vectors,
    )
    launch.write(home / "launch.json")
    return home / "launch.json"


def _fill(folder: Path, jars: Sequence[Path]) -> None:
    """Make the folder hold exactly these jars, as links into the cache."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for jar in jars:
        (folder / jar.name).symlink_to(jar)


def _fill_module(folder: Path, jars: Sequence[Path], *, keep_module_name: bool) -> None:
    _fill(folder, jars)
    plugin = next(jar for jar in jars if jar.name.startswith(MODULE))
    with zipfile.ZipFile(plugin) as archive:
        for entry in archive.namelist():
            if PLUGIN_FILES in entry and not entry.endswith("/"):
                (folder / Path(entry).name).write_bytes(archive.read(entry))
    if not keep_module_name:
        # Off the module path there are no named modules: the plugin must be loaded as plain classes.
        descriptor = folder / "plugin-descriptor.properties"
        lines = descriptor.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("modulename=")]
        descriptor.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _write_analysis(folder: Path, jar: Path | None, server_jars: Sequence[Path]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if jar is None:
        return
    _fill(folder, [jar])
    version = next(one.stem.removeprefix(SERVER) for one in server_jars if re.fullmatch(rf"{SERVER}[\d.]+", one.stem))
    descriptor = analysis_module.plugin_descriptor(version)
    (folder / "plugin-descriptor.properties").write_text(descriptor, encoding="utf-8")


def _jvm_options(home: Path, java: Java, heap_mb: int) -> tuple[str, ...]:
    """The distribution's own options that matter to one small node, and how its jars are loaded."""
    common = (
        f"-Xms{heap_mb}m",
        f"-Xmx{heap_mb}m",
        f"-XX:MaxDirectMemorySize={heap_mb // 2}m",
        "-XX:+UseG1GC",
        "-XX:-OmitStackTraceInFastThrow",
        "-XX:+ExitOnOutOfMemoryError",
        f"-Des.path.home={home}",
        "-Des.networkaddress.cache.ttl=60",
        "-Djava.awt.headless=true",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
    )
    if not java.has_vectors:
        return (*common, "--enable-native-access=ALL-UNNAMED")
    return (
        *common,
        f"--module-path={home / 'lib'}",
        f"--add-modules=jdk.net,{VECTOR_MODULE},ALL-MODULE-PATH",
        "--enable-native-access=ALL-UNNAMED,org.elasticsearch.nativeaccess,org.apache.lucene.core",
    )
