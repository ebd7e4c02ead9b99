"""The consumer on a real Kafka and a real Elasticsearch."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from damsight_consumer.errors import IndexNotReadyError
from damsight_consumer.records import Outcome
from damsight_devstack import Stack
from damsight_encoders.ports import Encoders
from drivers.consumer_bench import ConsumerBench, NoUtf8
from drivers.tcp_faults import TcpFaults
from examples import pictures
from examples.assets import changed_event, deleted_event
from fakes.encoders import FakeJointEncoder, FakeTextEncoder

pytestmark = pytest.mark.integration
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def bench(stack: Stack, tmp_path: Path) -> Iterator[ConsumerBench]:
    made = ConsumerBench(stack, tmp_path)
    yield made
    made.close()


def test_an_asset_lives_through_its_events_and_a_restart(bench: ConsumerBench) -> None:
    """Created, it is there; updated, it changes; an older revision does nothing; deleted, it is gone.

    All of it holds again for a new consumer of the same group.
    """
    red, blue = bench.save("red.jpg", pictures.jpeg("red")), bench.save("blue.jpg", pictures.jpeg("blue"))
    bench.send(changed_event("one", 1, uri=red, title="first"), changed_event("two", 1, uri=red, title="other"))
    assert bench.consume(2) == {Outcome.INDEXED: 2}
    before = bench.stored("one")
    assert before is not None
    assert bench.visible() == {"one", "two"}

    bench.send(changed_event("one", 3, uri=blue, title="third"), deleted_event("two", 2))
    assert bench.consume(2) == {Outcome.INDEXED: 1, Outcome.DELETED: 1}
    after = bench.stored("one")
    assert after is not None
    assert (after["title"], after["revision"]) == ("third", 3)
    assert after["image_vector"] != before["image_vector"]
    assert bench.visible() == {"one"}

    bench.send(changed_event("one", 2, uri=red, title="second"), changed_event("two", 1, uri=red, title="risen"))
    assert bench.consume(2) == {Outcome.ALREADY: 2}
    assert bench.stored("one") == after
    assert bench.stored("two") == {"asset_id": "two", "revision": 2, "deleted": True, "acl": []}
    assert bench.visible() == {"one"}
    assert bench.committed() == 6


def test_every_bad_picture_ends_clearly_and_the_next_event_goes_on(bench: ConsumerBench) -> None:
    """What cannot be shown is stored with its words and its problem, and dead-lettered; odd pictures are taken."""
    bad = {
        "truncated": (pictures.truncated_jpeg(), "decode", "truncated"),
        "bomb": (pictures.bomb_png(), "decode", "too_many_pixels"),
        "html": (pictures.html_page(), "decode", "unknown_format"),
        "empty": (b"", "decode", "empty"),
        "missing": (None, "fetch", "missing"),
    }
    odd = {
        "animated": (pictures.animated_gif(), (64, 48)),
        "cmyk": (pictures.cmyk_jpeg(), (64, 48)),
        "sixteen-bit": (pictures.sixteen_bit_png(), (64, 48)),
        "rotated": (pictures.rotated_jpeg(), (60, 80)),
    }
    for name, (data, _, _) in bad.items():
        uri = (bench.folder / "gone.jpg").as_uri() if data is None else bench.save(f"{name}.jpg", data)
        bench.send(changed_event(name, uri=uri, title=f"a {name} picture"))
    for name, (data, _) in odd.items():
        bench.send(changed_event(name, uri=bench.save(name, data), title=f"a {name} picture"))
    bench.send_raw(b'{"specversion": "1.0"}')
    assert bench.consume(len(bad) + len(odd) + 1) == {
        Outcome.INDEXED: len(odd),
        Outcome.INDEXED_WITH_PROBLEM: len(bad) - 1,
        Outcome.POSTPONED: 1,
        Outcome.DEAD_LETTERED: 1,
    }
    for name, (_, stage, error) in bad.items():
        document = bench.stored(name)
        assert document is not None
        assert (document["problem"]["stage"], document["problem"]["error"]) == (stage, error), name
        assert "image_vector" not in document
        assert document["caption_vector"]
    for name, (_, size) in odd.items():
        document = bench.stored(name)
        assert document is not None
        assert (document["width"], document["height"]) == size, name
        assert document["image_vector"]
        assert "problem" not in document
    assert bench.visible() == {*bad, *odd}
    assert bench.committed() == len(bad) + len(odd) + 1

    letters = bench.dead_letters()
    assert {letter[2].get("damsight-asset-id", b"").decode() for letter in letters} == {*bad, ""} - {"missing"}
    by_asset = {letter[2].get("damsight-asset-id", b"").decode(): letter for letter in letters}
    for name, (_, stage, error) in bad.items():
        if name == "missing":
            continue
        key, value, headers = by_asset[name]
        assert key == name.encode()
        assert value is not None
        assert name.encode() in value
        assert headers["content-type"] == b"application/cloudevents+json"
        assert (headers["damsight-stage"], headers["damsight-error"]) == (stage.encode(), error.encode())
        assert headers["damsight-revision"] == b"1"
        assert {"damsight-partition", "damsight-offset", "damsight-timestamp", "damsight-message"} <= set(headers)
    assert by_asset[""][1] == b'{"specversion": "1.0"}'


def test_a_record_that_the_client_cannot_read_is_stepped_over(bench: ConsumerBench) -> None:
    """A header whose name is no UTF-8 makes the client spin for ever; a pointer is left, and the next event goes on."""
    with bench.consuming() as consumer:
        bench.send(changed_event("before", uri=None))
        bench.wait(lambda: consumer.counts()[Outcome.INDEXED] == 1)
        bench.send_raw(b"{}", key=b"poison", headers=[(NoUtf8("x"), b"x")])
        bench.wait(lambda: consumer.counts()[Outcome.DEAD_LETTERED] == 1)
        bench.send(*(changed_event(f"after-{number}", uri=None) for number in range(20)))
        bench.wait(lambda: consumer.counts()[Outcome.INDEXED] == 21)
    ((_, _, headers),) = bench.dead_letters()
    assert headers["damsight-stage"] == b"read"
    assert headers["damsight-error"] == b"UnicodeDecodeError"
    assert bench.committed() == 22


def test_nothing_is_committed_before_it_is_stored(stack: Stack, tmp_path: Path) -> None:
    """A consumer that is killed while Elasticsearch does not answer has committed nothing; the next one stores all."""
    with TcpFaults.before(stack.elasticsearch_url) as wire:
        bench = ConsumerBench(stack, tmp_path, elasticsearch_url=wire.url)
        environment = {**os.environ, **bench.environment, "PYTHONPATH": str(TESTS)}
        process = subprocess.Popen([sys.executable, TESTS / "drivers" / "consumer_process.py"], env=environment)
        try:
            bench.send(changed_event("first", uri=None, title="x"))
            bench.wait(lambda: bench.stored("first") is not None and bench.committed() == 1)
            wire.blackhole()
            bench.send(*(changed_event(f"a{number}", uri=None, title="x") for number in range(40)))
            time.sleep(3)
            assert bench.committed() == 1
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        wire.pass_through()
        bench.consume(40)
        assert bench.visible() == {"first", *(f"a{number}" for number in range(40))}
        assert bench.committed() == 41
        bench.close()


def test_elasticsearch_may_be_away_for_a_while(stack: Stack, tmp_path: Path) -> None:
    """Nothing is dead-lettered for it, and everything is stored once it is back."""
    with TcpFaults.before(stack.elasticsearch_url) as wire:
        bench = ConsumerBench(stack, tmp_path, elasticsearch_url=wire.url)
        with bench.consuming() as consumer:
            bench.wait(consumer.has_partitions)
            wire.blackhole()
            bench.send(*(changed_event(f"a{number}", uri=None, title="x") for number in range(30)))
            time.sleep(4)
            assert bench.committed() == 0
            wire.pass_through()
            bench.wait(lambda: sum(consumer.counts().values()) == 30)
        assert bench.visible() == {f"a{number}" for number in range(30)}
        assert bench.dead_letters() == []
        bench.close()


def test_two_consumers_share_the_work_and_lose_nothing(bench: ConsumerBench) -> None:
    """A second member joins in the middle and the first leaves: every asset is there, and all is committed."""
    ids = {f"a{number}" for number in range(600)}
    bench.send(*(changed_event(asset_id, uri=None, title="x") for asset_id in sorted(ids)))
    with bench.consuming() as second:
        with bench.consuming() as first:
            bench.wait(lambda: sum(first.counts().values()) + sum(second.counts().values()) >= 100)
        bench.send(*(changed_event(asset_id, 2, uri=None, title="y") for asset_id in sorted(ids)))
        bench.wait(lambda: bench.committed() == 1200)
    assert bench.visible() == ids
    assert all((bench.stored(asset_id) or {})["revision"] == 2 for asset_id in sorted(ids)[::50])


@pytest.mark.parametrize("leg", ["joint", "caption"])
def test_an_index_of_another_model_is_refused_at_the_start(bench: ConsumerBench, leg: str) -> None:
    """Vectors of two models never meet; both are named."""
    mine = {"joint": FakeJointEncoder(), "caption": FakeTextEncoder()}
    other = {"joint": FakeJointEncoder("another-model"), "caption": FakeTextEncoder("another-model")}
    bench.encoders = Encoders(**{**mine, leg: other[leg]})
    with pytest.raises(IndexNotReadyError, match=r"fake-.*another-model"), bench.consuming():
        pass


def test_without_an_index_the_consumer_does_not_start(bench: ConsumerBench) -> None:
    """The message names the command that makes one."""
    bench.settings = bench.settings.model_copy(
        update={"index": bench.settings.index.model_copy(update={"alias": "nothing-here"})}
    )
    with pytest.raises(IndexNotReadyError, match="damsight index create"), bench.consuming():
        pass


def test_what_comes_late_is_found_and_what_never_comes_is_dead_lettered(stack: Stack, tmp_path: Path) -> None:
    """Through the three retry topics of a real Kafka: one file is there at the second look, the other never is."""
    bench = ConsumerBench(stack, tmp_path, lanes="live,retry")
    try:
        for name in ("late", "never"):
            bench.send(changed_event(name, 3, uri=(tmp_path / f"{name}.jpg").as_uri(), title=f"a {name} picture"))
        with bench.consuming() as consumer:
            bench.wait(lambda: consumer.counts()[Outcome.POSTPONED] >= 2)
            assert bench.stored("late")["problem"]["error"] == "missing"
            bench.save("late.jpg", pictures.jpeg())
            bench.wait(lambda: sum(consumer.counts().values()) - consumer.counts()[Outcome.POSTPONED] == 2)
        counts = {outcome: count for outcome, count in consumer.counts().items() if count}
        assert counts[Outcome.INDEXED] == counts[Outcome.INDEXED_WITH_PROBLEM] == 1
        late, never = bench.stored("late"), bench.stored("never")
        assert late["image_vector"]
        assert "problem" not in late
        assert (late["revision"], never["revision"], never["problem"]["error"]) == (3, 3, "missing")
        ((_, value, headers),) = bench.dead_letters()
        assert value is not None
        assert headers["damsight-attempts"] == b"4"
        assert headers["damsight-asset-id"] == b"never"
    finally:
        bench.close()
