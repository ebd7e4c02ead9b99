"""The environment, and what is told of a wrong one."""

from pathlib import Path

import pytest

from damsight_consumer.errors import SettingsError
from damsight_consumer.settings import load_settings


def test_lists_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders as in PATH, hosts with commas, and both as JSON, as a chart writes them."""
    monkeypatch.setenv("DAMSIGHT_FETCH__ROOTS", "/mnt/a:/mnt/b")
    monkeypatch.setenv("DAMSIGHT_FETCH__PRIVATE_HOSTS", "media, 10.0.0.7")
    fetch = load_settings().fetch
    assert fetch.roots == (Path("/mnt/a"), Path("/mnt/b"))
    assert fetch.private_hosts == ("media", "10.0.0.7")
    monkeypatch.setenv("DAMSIGHT_FETCH__ROOTS", '["/mnt/c d"]')
    monkeypatch.setenv("DAMSIGHT_FETCH__PRIVATE_HOSTS", "")
    fetch = load_settings().fetch
    assert (fetch.roots, fetch.private_hosts) == ((Path("/mnt/c d"),), ())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DAMSIGHT_CONSUMER__EVENTS", "many", "integer"),
        ("DAMSIGHT_CONSUMER__EVENTS", "0", "greater than or equal to 1"),
        ("DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS", "nowhere", "pattern"),
        ("DAMSIGHT_KAFKA__BOOTSTRAP", "a:1", "not permitted"),
        ("DAMSIGHT_FETCH__ROOTS", "[oops", "JSON"),
        ("DAMSIGHT_LOG__LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """By the name that was written, so that it can be found."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert words in str(caught.value)


def test_settings_of_others_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """All deployables share one prefix."""
    monkeypatch.setenv("DAMSIGHT_AUTH__SECRET", "x")
    monkeypatch.setenv("DAMSIGHT_SOMETHING", "x")
    load_settings()


def test_nothing_may_be_read_unless_it_is_named() -> None:
    """Both doors are closed by default."""
    fetch = load_settings().fetch
    assert (fetch.roots, fetch.private_hosts) == ((), ())
