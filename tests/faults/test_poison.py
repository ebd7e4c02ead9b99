"""Records and media that nobody can take: each ends as a dead letter, and everything around it goes on."""

import time
from collections.abc import Callable

import pytest

from drivers.consumer_bench import NoUtf8
from examples import pictures
from faults.conftest import MakeWorld
from faults.history import Change
from faults.world import World

pytestmark = pytest.mark.integration
JSON = [("content-type", b"application/cloudevents+json")]
EVENT = b'{"specversion":"1.0","id":"1","source":"/x","type":"dam.asset.created.v1","data":%s}'
RECORDS: dict[str, tuple[bytes | None, list[tuple[str, bytes]]]] = {
    "no-json": (b"\xff\xfe{", []),
    "no-object": (b"[1, 2]", []),
    "a-tombstone-of-kafka": (None, []),
    "nothing": (b"", []),
    "no-event": (b'{"specversion": "1.0"}', JSON),
    "unknown-type": (EVENT.replace(b"created", b"eaten") % b"{}", JSON),
    "revision-0": (EVENT % b'{"asset_id":"revision-0","revision":0,"acl":[]}', JSON),
    "revision-of-words": (EVENT % b'{"asset_id":"revision-of-words","revision":"1","acl":[]}', JSON),
    "revision-too-great": (EVENT % b'{"asset_id":"revision-too-great","revision":99999999999999999999,"acl":[]}', JSON),
    "another-content-type": (b"x", [("content-type", b"application/cloudevents+avro")]),
    "a-header-twice": (b"{}", [("ce_type", b"x"), ("ce_type", b"x")]),
    "a-header-of-bytes": (b"{}", [("ce_type", b"\xff")]),
}
UNREADABLE = "a-header-name-of-bytes"
MEDIA: dict[str, Callable[[], bytes]] = {
    "bad-html": pictures.html_page,
    "bad-truncated": pictures.truncated_jpeg,
    "bad-bomb": pictures.bomb_png,
    "bad-empty": lambda: b"",
}


def send_all(world: World) -> None:
    for name, make in MEDIA.items():
        path = world.shelf.folder / name
        path.write_bytes(make())
        world.tell([Change(name, 1, uri=path.as_uri())])
    for name, (value, headers) in RECORDS.items():
        world.producer.send(world.name, key=name.encode(), value=value, headers=headers).get(60)
        world.tell_lives(5, prefix=f"after-{name}", missing=0.0)
    world.producer.send(world.name, key=UNREADABLE.encode(), value=b"{}", headers=[(NoUtf8("x"), b"x")]).get(60)
    world.tell_lives(5, prefix="after-all", missing=0.0)


def test_every_poison_ends_as_a_dead_letter(make_world: MakeWorld) -> None:
    """Also where dead letters cannot be published for a while, and the process dies meanwhile: none is forgotten."""
    world = make_world()
    with world.members.without_dead_letters():
        dying = world.members.start()
        send_all(world)
        world.wait(lambda: dying.told("trying again") != [], "a dead letter that is not acknowledged")
        time.sleep(1)
        assert world.letters() == {}
        dying.kill()
    world.members.start()
    world.check()
    letters = world.letters()
    # What the client cannot read has no key, and is told by its place alone.
    assert set(letters) == {*RECORDS, *MEDIA, ""}
    assert {name: letters[name][0].value for name in RECORDS} == {name: value for name, (value, _) in RECORDS.items()}
    assert all(len(letters[name]) >= 1 for name in letters)
    for name in letters:
        headers = letters[name][0].headers
        assert {"damsight-partition", "damsight-offset", "damsight-stage", "damsight-error"} <= set(headers), name


def test_what_retention_deleted_before_it_was_read_is_told(make_world: MakeWorld) -> None:
    """It cannot be helped any more, but it must not go unnoticed."""
    world = make_world()
    first = world.members.start()
    world.tell_lives(50, prefix="read", missing=0.0)
    world.settle()
    first.ask_to_end()
    first.wait()
    places = world.offsets.places([world.name])
    for number, place in enumerate(places):
        world.producer.send(world.name, partition=number, key=b"unread", value=b"{}").get(60)
        assert place.topic == world.name
    world.offsets.admin.delete_records(dict.fromkeys(places, -1))
    second = world.members.start()
    world.tell_lives(50, prefix="left", missing=0.0)
    world.check()
    told = second.told("deleted by the broker's retention")
    assert {line["partition"] for line in told} == set(range(len(places)))
    assert all(line["level"] == "error" for line in told)
