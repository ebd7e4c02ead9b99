"""The lock of jars: Maven coordinates, sizes and SHA-256, and no host names."""

from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from damsight_devstack.errors import JarLockError

_COORDINATE = r"[\w.-]+(:[\w.-]+){2,3}"


class Jar(BaseModel):
    """One jar: group:name:version[:classifier], its size in bytes, its SHA-256 in hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    coordinate: str = Field(pattern=f"^{_COORDINATE}$")
    bytes: int = Field(gt=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    @property
    def path(self) -> PurePosixPath:
        """Where a Maven repository keeps it (Maven's default repository layout)."""
        group, name, version, *classifier = self.coordinate.split(":")
        file = "-".join((name, version, *classifier)) + ".jar"
        return PurePosixPath(*group.split("."), name, version, file)


class _Closure(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    roots: tuple[str, ...]
    jars: tuple[Jar, ...]


class _Lock(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka: _Closure
    elasticsearch: _Closure
    transport_netty4: _Closure = Field(alias="transport-netty4")
    compiler: _Closure


@dataclass(frozen=True, slots=True)
class JarLock:
    """The jars of each class path: Kafka's, Elasticsearch's, and its HTTP module's; and the compiler's one jar."""

    kafka: tuple[Jar, ...]
    elasticsearch: tuple[Jar, ...]
    transport_netty4: tuple[Jar, ...]
    compiler: Jar

    @property
    def jars(self) -> tuple[Jar, ...]:
        """Every jar once."""
        return tuple(dict.fromkeys(self.kafka + self.elasticsearch + self.transport_netty4 + (self.compiler,)))


def parse_lock(text: str) -> JarLock:
    """Read a lock as scripts/lock_jars.py writes it.

    Raises:
        JarLockError: It is no such lock.
    """
    try:
        lock = _Lock.model_validate_json(text)
    except ValidationError as invalid:
        raise JarLockError(
            f"jars.lock.json is damaged: {invalid}. Reinstall damsight, or write it anew: scripts/lock_jars.py."
        ) from invalid
    return JarLock(lock.kafka.jars, lock.elasticsearch.jars, lock.transport_netty4.jars, lock.compiler.jars[0])


def load_lock() -> JarLock:
    """The lock that ships with this package."""
    return parse_lock(resources.files("damsight_devstack").joinpath("jars.lock.json").read_text("utf-8"))
