"""A folder becomes events: what is new, what changed, what is gone, and nothing twice."""

import os
from pathlib import Path
from typing import Any

import pytest

from damsight_publisher import PublishError, PublishOptions, publish_folder
from damsight_publisher.errors import BrokerError, JournalError, SettingsError, SourceError
from damsight_publisher.identity import asset_id
from damsight_schemas.events import ChangedEvent
from examples.described_pictures import jpeg


def pictures(root: Path, count: int) -> None:
    for number in range(count):
        jpeg(root / f"{number:03d}.jpg", shade=number % 256)


def test_media_become_events(workplace: Any) -> None:
    """Each media file, in subfolders too, is a created event with its bytes' digest and size."""
    path = jpeg(workplace.root / "2019" / "pier.jpg")
    (workplace.root / "notes.xyz").write_text("no media")
    report = workplace.run(acl=("group:press",), language="en")
    assert report.counts == {"created": 1, "updated": 0, "deleted": 0, "unchanged": 0, "skipped": 1, "failed": 0}
    (event,) = workplace.sink.taken
    assert isinstance(event, ChangedEvent)
    media = event.data.media
    assert media is not None
    assert event.data.asset_id == asset_id("press", Path("2019/pier.jpg"))
    assert (media.mime_type, media.byte_size, media.uri) == ("image/jpeg", path.stat().st_size, path.as_uri())
    assert event.data.acl == ["group:press"]
    assert event.data.metadata.collections == ["2019"]
    assert event.source == "/damsight/publish/press"


def test_hidden_files_and_links_are_left_out(workplace: Any) -> None:
    """Hidden files, what lies in hidden folders, and links are not published."""
    jpeg(workplace.root / ".hidden.jpg")
    jpeg(workplace.root / ".thumbnails" / "a.jpg")
    outside = jpeg(workplace.root.parent / "outside.jpg")
    (workplace.root / "link.jpg").symlink_to(outside)
    (workplace.root / "loop").symlink_to(workplace.root)
    assert workplace.run().published == 0


def test_a_second_run_publishes_nothing(workplace: Any) -> None:
    """What Kafka has is not sent again; files are not even read."""
    pictures(workplace.root, 3)
    workplace.run()
    assert workplace.run().counts["unchanged"] == 3
    assert len(workplace.sink.taken) == 3


def test_changed_and_gone(workplace: Any) -> None:
    """A changed file is updated, a removed one deleted, a renamed one deleted and created; revisions grow."""
    pictures(workplace.root, 4)
    workplace.run()
    jpeg(workplace.root / "000.jpg", shade=200)
    (workplace.root / "001.jpg").unlink()
    (workplace.root / "002.jpg").rename(workplace.root / "new.jpg")
    workplace.sink.taken.clear()
    workplace.run()
    assert sorted(workplace.sent()) == [
        ("created", "new.jpg"),
        ("deleted", "-"),
        ("deleted", "-"),
        ("updated", "000.jpg"),
    ]


def test_a_deleted_file_that_comes_back_is_created_with_a_greater_revision(workplace: Any) -> None:
    """Deleted stays deleted until a greater revision creates it anew."""
    path = jpeg(workplace.root / "a.jpg")
    jpeg(workplace.root / "b.jpg")
    workplace.run()
    kept = path.read_bytes()
    path.unlink()
    workplace.run()
    path.write_bytes(kept)
    workplace.run()
    events = [event for event in workplace.sink.taken if event.data.asset_id == asset_id("press", Path("a.jpg"))]
    assert [event.type.split(".")[2] for event in events] == ["created", "deleted", "created"]
    revisions = [event.data.revision for event in events]
    assert revisions == sorted(set(revisions))


def test_touched_is_not_changed(workplace: Any) -> None:
    """A file with a new status time and the same content and times is read again, and not sent again."""
    path = jpeg(workplace.root / "a.jpg")
    workplace.run()
    path.chmod(0o600)
    assert workplace.run().counts["unchanged"] == 1
    assert len(workplace.sink.taken) == 1


@pytest.mark.parametrize(
    "options", [{"acl": ("user:anna",)}, {"language": "de"}, {"base_url": "https://media.example.org"}]
)
def test_other_options_make_updates(workplace: Any, options: dict[str, Any]) -> None:
    """The same files under another access list, language or address are updated."""
    jpeg(workplace.root / "a b.jpg")
    workplace.run()
    assert workplace.run(**options).counts["updated"] == 1
    event = workplace.sink.taken[-1]
    if "base_url" in options:
        assert event.data.media.uri == "https://media.example.org/a%20b.jpg"


def test_again_publishes_the_unchanged(workplace: Any) -> None:
    """With again, everything is sent once more, with greater revisions."""
    pictures(workplace.root, 2)
    workplace.run()
    assert workplace.run(again=True).counts["updated"] == 2


def test_another_cluster_has_other_notes(workplace: Any) -> None:
    """What one cluster has says nothing of another: a new Kafka gets everything."""
    pictures(workplace.root, 2)
    workplace.run()
    workplace.sink = type(workplace.sink)("other/dam.assets.v1")
    assert workplace.run().counts["created"] == 2


def test_a_dry_run_sends_and_notes_nothing(workplace: Any) -> None:
    """A dry run tells what would be, and the next run still does it."""
    pictures(workplace.root, 2)
    assert workplace.run(dry_run=True).counts["created"] == 2
    assert workplace.sink.taken == []
    assert not workplace.journal.exists()
    assert workplace.run().counts["created"] == 2


def test_an_empty_mount_deletes_nothing(workplace: Any) -> None:
    """A folder that is suddenly empty is told, and nothing is deleted for it; told to, it is."""
    pictures(workplace.root, 3)
    workplace.run()
    for path in workplace.root.iterdir():
        path.unlink()
    report = workplace.run()
    assert report.counts["deleted"] == 0
    assert "--delete-missing" in str(report.problems[0])
    assert workplace.run(delete_missing=True).counts["deleted"] == 3


def test_more_than_half_gone_deletes_nothing_unasked(workplace: Any) -> None:
    """When most of many files are gone, somebody has to say that this is meant."""
    pictures(workplace.root, 30)
    workplace.run()
    for number in range(20):
        (workplace.root / f"{number:03d}.jpg").unlink()
    assert workplace.run().counts["deleted"] == 0
    assert workplace.run(delete_missing=False).problems == []
    assert workplace.run(delete_missing=True).counts["deleted"] == 20


def test_an_unreadable_folder_is_not_gone(workplace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a folder that cannot be read is unknown, not deleted."""
    jpeg(workplace.root / "open" / "a.jpg")
    jpeg(workplace.root / "closed" / "b.jpg")
    workplace.run()
    scandir = os.scandir

    # For root, whom tests may run as, no folder is closed.
    def refuse(path: Path) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = workplace.run()
    assert report.counts["deleted"] == 0
    assert "closed: the folder cannot be read: Permission denied" in str(report.problems[0])


def test_one_bad_file_does_not_stop_the_others(workplace: Any) -> None:
    """A file that vanishes while it is read fails alone, by name."""
    pictures(workplace.root, 2)
    workplace.sink = type(workplace.sink)(longest_value=1)
    report = workplace.run()
    assert report.counts["failed"] == 2
    assert "000.jpg: its event is too large" in str(report.problems[0])


def test_names_that_are_no_text(workplace: Any) -> None:
    """A file name of bytes that are no UTF-8 is published, and known again."""
    name = os.fsdecode(b"pi\xe8r \x01\n.jpg")
    jpeg(workplace.root / "a.jpg").rename(workplace.root / name)
    assert workplace.run().counts["created"] == 1
    assert workplace.sink.taken[0].data.media.uri.endswith("/pi%E8r%20%01%0A.jpg")
    assert workplace.run().counts["unchanged"] == 1
    (workplace.root / name).unlink()
    assert workplace.run(delete_missing=True).counts["deleted"] == 1


def test_a_media_file_that_became_something_else_is_deleted(workplace: Any) -> None:
    """A file that is media no more is deleted like one that is gone."""
    first, second = workplace.root / "a", workplace.root / "b.jpg"
    jpeg(first)
    jpeg(second)
    workplace.run()
    first.write_bytes(b"plain text")
    assert workplace.run().counts["deleted"] == 1


def test_a_folder_that_is_not_there(workplace: Any) -> None:
    """A wrong folder is an error that names it."""
    workplace.root.rmdir()
    with pytest.raises(SourceError, match="Pictures cannot be read"):
        workplace.run()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (PublishOptions(acl=("everybody",)), "--acl everybody"),
        (PublishOptions(language="a language"), "--language"),
        (PublishOptions(zone="Mars/Olympus"), "Mars/Olympus"),
        (PublishOptions(base_url="ftp://x"), "--base-url"),
        (PublishOptions(source="My Source"), "--source"),
    ],
)
def test_wrong_options_are_refused(workplace: Any, options: PublishOptions, said: str) -> None:
    """A wrong option is an error that names it and what it takes."""
    with pytest.raises(SettingsError, match=said):
        publish_folder(workplace.root, options, settings=workplace.settings(), sink=workplace.sink)


def test_every_error_is_one_of_ours() -> None:
    """Whoever calls the publisher catches one kind of error."""
    assert all(issubclass(kind, PublishError) for kind in (BrokerError, JournalError, SettingsError, SourceError))
