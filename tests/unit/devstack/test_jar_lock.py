import json
import re
from importlib import resources

import pytest

from damsight_devstack.errors import JarLockError
from damsight_devstack.jar_lock import Jar, load_lock, parse_lock

SHA = "0" * 64


def test_the_shipped_lock_pins_the_two_servers() -> None:
    """The lock that ships holds Kafka 4.3.0, Elasticsearch 9.5.3 and its HTTP module at the same version."""
    lock = load_lock()
    assert "org.apache.kafka:kafka_2.13:4.3.0" in {jar.coordinate for jar in lock.kafka}
    assert "org.elasticsearch:elasticsearch:9.5.3" in {jar.coordinate for jar in lock.elasticsearch}
    assert "org.elasticsearch.plugin:transport-netty4:9.5.3" in {jar.coordinate for jar in lock.transport_netty4}


def test_the_module_carries_no_jar_of_the_server() -> None:
    """Elasticsearch's module and its server share no artifact, so no class is loaded twice."""
    lock = load_lock()
    names = [{jar.coordinate.rsplit(":", 1)[0] for jar in jars} for jars in (lock.elasticsearch, lock.transport_netty4)]
    assert not names[0] & names[1]


def test_the_lock_names_no_host() -> None:
    """The lock holds coordinates and hashes only: the repository's address is somebody else's to know."""
    text = resources.files("damsight_devstack").joinpath("jars.lock.json").read_text("utf-8")
    assert not re.search(r"://|www\.|\.(com|net|org)/", text)


def test_every_jar_is_listed_once() -> None:
    """`jars` names each jar once, so none is fetched twice."""
    jars = load_lock().jars
    assert len(jars) == len(set(jars)) == len({jar.coordinate for jar in jars})


@pytest.mark.parametrize(
    ("coordinate", "path"),
    [
        ("org.apache.kafka:kafka_2.13:4.3.0", "org/apache/kafka/kafka_2.13/4.3.0/kafka_2.13-4.3.0.jar"),
        ("io.netty:netty:4.1:linux-x86_64", "io/netty/netty/4.1/netty-4.1-linux-x86_64.jar"),
    ],
)
def test_a_coordinate_becomes_the_repositorys_path(coordinate: str, path: str) -> None:
    """A jar's path follows Maven's repository layout, with and without a classifier."""
    assert str(Jar(coordinate=coordinate, bytes=1, sha256=SHA).path) == path


@pytest.mark.parametrize(
    "damage",
    [
        {"coordinate": "../../etc/passwd", "bytes": 1, "sha256": SHA},
        {"coordinate": "a:b:1", "bytes": 0, "sha256": SHA},
        {"coordinate": "a:b:1", "bytes": 1, "sha256": "short"},
    ],
)
def test_a_damaged_lock_is_refused(damage: dict[str, object]) -> None:
    """A lock with a line that cannot be true is refused, and the message says how to make a new one."""
    closure = {"roots": ["a:b:1"], "jars": [damage]}
    lock = {"kafka": closure, "elasticsearch": closure, "transport-netty4": closure}
    with pytest.raises(JarLockError, match=r"scripts/lock_jars\.py"):
        parse_lock(json.dumps(lock))
