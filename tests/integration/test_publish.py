"""A real folder, through the real command and API, into a real Kafka."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from damsight_devstack import Stack
from damsight_publisher import PublisherSettings, PublishOptions, publish_folder, publish_jsonl, watch_folder
from damsight_publisher.settings import PublishSettings
from damsight_schemas.connections import KafkaSettings
from damsight_schemas.events import AssetEvent, ChangedEvent
from damsight_schemas.topics import ASSETS, BACKFILL
from drivers.kafka_topic import events_of
from examples.described_pictures import Base, jpeg

pytestmark = pytest.mark.integration
# A machine of CI may be slow, and nothing is measured here.
PATIENCE_S = 180
LIBRARY = Path(__file__).parents[2] / "samples" / "library" / "library.jsonl"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "Pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(stack: Stack, tmp_path: Path) -> PublisherSettings:
    return PublisherSettings(
        kafka=KafkaSettings(bootstrap_servers=stack.kafka_bootstrap),
        publish=PublishSettings(journal=tmp_path / "published.sqlite", settle_s=0.3, rescan_s=2.0),
    )


@pytest.fixture
def source() -> str:
    """A source that no other test has used in this Kafka."""
    return f"test-{uuid4().hex[:8]}"


def arrived(stack: Stack, source: str, topic: str = ASSETS) -> list[AssetEvent]:
    return [one for one in events_of(stack.kafka_bootstrap, topic) if one.source.endswith(source)]


def test_a_folder_arrives(stack: Stack, root: Path, settings: PublisherSettings, source: str) -> None:
    """Events from a real folder are read at the other end with the words that were in the pictures."""
    jpeg(root / "2019" / "pier.jpg", exif={Base.ImageDescription: "A quiet harbour"})
    report = publish_folder(root, PublishOptions(source=source, acl=("group:press",)), settings=settings)
    (event,) = arrived(stack, source)
    assert isinstance(event, ChangedEvent)
    assert report.published == 1
    assert (event.data.metadata.caption, event.data.acl) == ("A quiet harbour", ["group:press"])


def test_backfill_goes_to_its_own_topic(stack: Stack, root: Path, settings: PublisherSettings, source: str) -> None:
    """Backfilled assets do not stand in the way of live ones."""
    jpeg(root / "a.jpg")
    report = publish_folder(root, PublishOptions(source=source, backfill=True), settings=settings)
    assert report.topic == BACKFILL
    assert len(arrived(stack, source, BACKFILL)) == 1


def test_the_sample_library_arrives(stack: Stack, settings: PublisherSettings, source: str) -> None:
    """Every line of the shipped library is a valid event; a second run sends none of them again."""
    lines = LIBRARY.read_text().splitlines()
    options = PublishOptions(source=source)
    report = publish_jsonl(LIBRARY, options, settings=settings)
    assert (report.counts["created"], report.problems) == (len(lines), [])
    assert publish_jsonl(LIBRARY, options, settings=settings).counts["unchanged"] == len(lines)
    assert {one.data.asset_id for one in arrived(stack, source)} == {json.loads(line)["asset_id"] for line in lines}


def eventually(condition: Callable[[], bool], what: str, *, pause_s: float = 0.2) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {what}"
        time.sleep(pause_s)


def environment(stack: Stack, journal: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap,
        "DAMSIGHT_PUBLISH__JOURNAL": str(journal),
        "DAMSIGHT_PUBLISH__SETTLE_S": "0.3",
    }


def run_command(stack: Stack, journal: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(program, env=environment(stack, journal), capture_output=True, text=True, check=False)


# The one command alone: the others need not be there.
COMMAND = "import typer; from damsight_cli.publish import command; typer.run(command)"


def noted_in(journal: Path) -> int:
    if not journal.exists():
        return 0
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM assets").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def has_noted(journal: Path, least: int) -> bool:
    return noted_in(journal) >= least


def test_killed_and_resumed(stack: Stack, root: Path, tmp_path: Path, source: str) -> None:
    """A publisher that is killed again and again in the middle ends with every file published.

    What arrived twice, since nobody heard the answer, is the very same event: same id, same revision.
    """
    for number in range(400):
        jpeg(root / f"{number:03d}.jpg", shade=number % 256)
    journal = tmp_path / "published.sqlite"
    for noted in (50, 150, 250):
        program = [sys.executable, "-c", COMMAND, str(root), "--source", source]
        process = subprocess.Popen(program, env=environment(stack, journal), stderr=subprocess.DEVNULL)
        eventually(partial(has_noted, journal, noted), f"{noted} files noted", pause_s=0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert noted_in(journal) < 400
    done = run_command(stack, journal, str(root), "--source", source, "--json")
    assert done.returncode == 0, done.stderr
    events = arrived(stack, source)
    assert len({one.data.asset_id for one in events}) == 400
    assert len({one.id for one in events}) == 400
    assert len({(one.data.asset_id, one.data.revision) for one in events}) == 400
    again = json.loads(run_command(stack, journal, str(root), "--source", source, "--json").stdout)
    assert (again["counts"]["unchanged"], again["published"]) == (400, 0)


def test_exit_codes_and_words(stack: Stack, root: Path, tmp_path: Path, source: str) -> None:
    """0: all published. 1: something was not, and which. 2: used wrongly, and how."""
    journal = tmp_path / "published.sqlite"
    jpeg(root / "a.jpg")
    good = run_command(stack, journal, str(root), "--source", source)
    assert (good.returncode, good.stdout) == (0, f"published to {ASSETS} as source {source}: 1 created\n")
    (root / "bad.jsonl").write_text('{"asset_id": "a"}\nbroken\n')
    bad = run_command(stack, journal, str(root / "bad.jsonl"), "--source", f"{source}-lines")
    assert bad.returncode == 1
    assert "bad.jsonl, line 2: it is no JSON" in bad.stderr
    assert "1 created, 1 failed" in bad.stdout
    assert run_command(stack, journal, str(root / "nowhere")).returncode == 1
    wrong = run_command(stack, journal, str(root), "--acl", "everybody")
    assert wrong.returncode == 2
    assert "user:NAME" in wrong.stderr
    assert run_command(stack, journal, str(root / "bad.jsonl"), "--watch").returncode == 2


@contextmanager
def watched(root: Path, settings: PublisherSettings, source: str) -> Iterator[None]:
    stop = threading.Event()
    faults: list[BaseException] = []

    def watch() -> None:
        try:
            watch_folder(root, PublishOptions(source=source), stop=stop, settings=settings)
        except BaseException as fault:
            faults.append(fault)
            raise

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert faults == []


def test_watch_sees_every_change(stack: Stack, root: Path, settings: PublisherSettings, source: str) -> None:
    """While a folder is watched, new, changed, moved and removed files, and whole folders, become events."""

    def kinds() -> list[tuple[str, str]]:
        return [
            (one.type.split(".")[2], one.data.metadata.filename if isinstance(one, ChangedEvent) else "-")
            for one in arrived(stack, source)
        ]

    jpeg(root / "first.jpg")
    with watched(root, settings, source):
        eventually(lambda: ("created", "first.jpg") in kinds(), "what was there before")
        jpeg(root / "new.jpg", shade=1)
        eventually(lambda: ("created", "new.jpg") in kinds(), "a new file")
        jpeg(root / "new.jpg", shade=2)
        eventually(lambda: ("updated", "new.jpg") in kinds(), "a changed file")
        outside = root.parent / "album"
        jpeg(outside / "deep" / "one.jpg")
        outside.rename(root / "album")
        eventually(lambda: ("created", "one.jpg") in kinds(), "a folder moved in")
        (root / "new.jpg").rename(root / "renamed.jpg")
        eventually(lambda: ("created", "renamed.jpg") in kinds() and ("deleted", "-") in kinds(), "a renamed file")
        (root / "album").rename(root.parent / "gone")
        eventually(lambda: kinds().count(("deleted", "-")) == 2, "a folder moved out")
    revisions: dict[str, list[int]] = {}
    for one in arrived(stack, source):
        revisions.setdefault(one.data.asset_id, []).append(one.data.revision)
    assert all(grown == sorted(set(grown)) for grown in revisions.values())


def test_watch_waits_for_half_written_files(stack: Stack, root: Path, settings: PublisherSettings, source: str) -> None:
    """A file that grows for a while is published once, when it is whole."""
    whole = jpeg(root.parent / "whole.jpg").read_bytes()
    jpeg(root / "first.jpg")
    with watched(root, settings, source):
        eventually(lambda: len(arrived(stack, source)) == 1, "the first file")
        with (root / "slow.jpg").open("wb") as file:
            for start in range(0, len(whole), 100):
                file.write(whole[start : start + 100])
                file.flush()
                time.sleep(0.12)
        eventually(lambda: len(arrived(stack, source)) == 2, "the whole file")
        time.sleep(1)
    slow = [
        one
        for one in arrived(stack, source)
        if isinstance(one, ChangedEvent) and one.data.metadata.filename == "slow.jpg"
    ]
    assert [one.data.media.byte_size for one in slow if one.data.media] == [len(whole)]
