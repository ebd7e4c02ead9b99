from pathlib import Path

import pytest
from jgo.constants import MAVEN_CENTRAL_URL

from damsight_devstack import StackError, StackSettings


def test_the_defaults_need_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any variable the cache and the folder are the user's own, and the repository is jgo's."""
    for name in ("JAVA_HOME", "DAMSIGHT_STACK__CACHE", "DAMSIGHT_STACK__REPOSITORY", "DAMSIGHT_STACK__FOLDER"):
        monkeypatch.delenv(name, raising=False)
    settings = StackSettings.from_environment()
    assert settings.repository == MAVEN_CENTRAL_URL
    assert settings.java_home is None
    assert "damsight" in settings.cache.parts
    assert settings.folder.name == "stack"


def test_the_environment_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """DAMSIGHT_STACK__CACHE and JAVA_HOME are taken; an empty JAVA_HOME counts as none."""
    monkeypatch.setenv("DAMSIGHT_STACK__CACHE", "/elsewhere")
    monkeypatch.setenv("JAVA_HOME", "")
    settings = StackSettings.from_environment()
    assert (settings.cache, settings.java_home) == (Path("/elsewhere"), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("DAMSIGHT_STACK__KAFKA_PORT", "70000"), ("DAMSIGHT_STACK__ELASTICSEARCH_HEAP_MB", "much")],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A value that a setting cannot take is refused with the variable's name and the value."""
    monkeypatch.setenv(name, value)
    with pytest.raises(StackError, match=f"{name}='{value}'"):
        StackSettings.from_environment()


def test_kafkas_own_properties_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker's own properties come as a JSON object; anything else is refused with the variable's name."""
    monkeypatch.setenv("DAMSIGHT_STACK__KAFKA_PROPERTIES", '{"log.retention.ms": "60000"}')
    assert StackSettings.from_environment().kafka_properties == {"log.retention.ms": "60000"}
    monkeypatch.setenv("DAMSIGHT_STACK__KAFKA_PROPERTIES", "log.retention.ms=60000")
    with pytest.raises(StackError, match="DAMSIGHT_STACK__KAFKA_PROPERTIES takes a JSON object"):
        StackSettings.from_environment()
