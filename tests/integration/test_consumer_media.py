"""Films, documents, sounds and pictures without words, through tiny real checkpoints, on a real Kafka and index."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from damsight_consumer.records import Outcome
from damsight_devstack import Stack
from damsight_encoders.load import load_encoders
from damsight_schemas.connections import ModelSettings
from damsight_schemas.preview_keys import is_preview_of
from drivers.consumer_bench import ConsumerBench
from drivers.object_store import BUCKET, ObjectStore, running_object_store
from examples.assets import changed_event, deleted_event
from examples.films import film, scene, sound, tone
from fakes.captioner_checkpoints import make_blip
from fakes.checkpoints import make_bert, make_clip
from fakes.pdf_files import Page, filled, pdf, words
from fakes.sound_checkpoints import make_clap
from fakes.vision_checkpoints import make_vit

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelSettings:
    """One of each kind, in the real formats, with random weights."""
    folder = tmp_path_factory.mktemp("models")
    return ModelSettings(
        joint=str(make_clip(folder / "joint")),
        caption=str(make_bert(folder / "caption", pooling="mean")),
        look=str(make_vit(folder / "look")),
        audio=str(make_clap(folder / "audio")),
        captioner=str(make_blip(folder / "captioner")),
        ocr=("eng",),
        fuse="concatenate",
        device="cpu",
    )


@pytest.fixture(scope="module")
def object_store() -> Iterator[ObjectStore]:
    with running_object_store() as running:
        yield running


@pytest.fixture
def bench(
    stack: Stack, tmp_path: Path, models: ModelSettings, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConsumerBench]:
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    made = ConsumerBench(stack, tmp_path, encoders=load_encoders(models))
    previews = {"url": f"s3://{BUCKET}/{made.topic}", "thumbnail_px": 32, "preview_px": 64}
    made.settings = made.settings.model_copy(
        update={"previews": made.settings.previews.model_copy(update=previews), "models": models}
    )
    yield made
    made.close()


def sign(text: str) -> bytes:
    """A picture of words that a person reads."""
    image = Image.new("RGB", (640, 200), "white")
    ImageDraw.Draw(image).text((40, 50), text, "black", font=ImageFont.load_default(80))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def test_all_that_media_hold_is_found_again(bench: ConsumerBench, object_store: ObjectStore) -> None:
    """Frames with positions, durations, pages, words, written captions, previews and all vectors; then new words alone.

    A title changes two vectors and nothing else, and a deletion takes the previews with it.
    """
    pages = [Page(words(f"Minutes {number}") + filled("1 0 0", (0, 0, number, 9))) for number in (1, 2)]
    files = {
        "film": (film([scene(1), scene(2), scene(3)], frames_a_scene=12, sound="aac"), "video/mp4"),
        "minutes": (pdf(pages), "application/pdf"),
        "song": (sound(tone(2.0, rate=16_000), rate=16_000), "audio/wav"),
        "sign": (sign("PARKING"), "image/png"),
        "letter": (b"\xd0\xcf\x11\xe0" + b"word" * 200, "application/msword"),
    }
    events = {name: {"uri": bench.save(name, data), "mime_type": kind} for name, (data, kind) in files.items()}
    bench.send(*(changed_event(name, 1, title=f"The {name}", **told) for name, told in events.items()))
    assert bench.consume(5) == {Outcome.INDEXED: 5}
    held: dict[str, dict[str, Any]] = {name: bench.stored(name) or {} for name in files}
    _film_is_whole(held["film"])
    _others_are_whole(held)
    for name in ("film", "minutes", "sign"):
        for kind in ("thumbnail", "preview"):
            assert is_preview_of(held[name][kind], name)
            assert f"{bench.topic}/{held[name][kind]}" in object_store.names()

    bench.send(changed_event("film", 2, title="Another title", **events["film"]), deleted_event("sign", 2))
    assert bench.consume(2) == {Outcome.INDEXED: 1, Outcome.DELETED: 1}
    # A document that is read before it is refreshed has its frames' vectors as they were written.
    bench.client.indices.refresh(index=bench.settings.index.write_alias)
    after = bench.stored("film") or {}
    changed = {name for name in held["film"] if after[name] != held["film"][name]}
    assert changed == {"revision", "title", "indexed_at", "caption_vector", "fused_vector"}
    ours = {key for key in object_store.names() if key.startswith(bench.topic)}
    assert ours == {
        f"{bench.topic}/{held[name][kind]}" for name in ("film", "minutes") for kind in ("thumbnail", "preview")
    }
    assert bench.visible() == {"film", "minutes", "song", "letter"}


def _film_is_whole(document: dict[str, Any]) -> None:
    assert [(one["kind"], one["number"]) for one in document["frames"]] == [("frame", 1), ("frame", 2), ("frame", 3)]
    seconds = [one["seconds"] for one in document["frames"]]
    assert seconds == sorted(seconds)
    assert len({tuple(one["vector"]) for one in document["frames"]}) == 3
    assert document["duration_s"] == pytest.approx(3.6, abs=0.3)
    vectors = {"image_vector", "caption_vector", "look_vector", "audio_vector", "fused_vector"}
    assert vectors <= set(document)
    assert document["generated_caption"]
    assert "problem" not in document


def _others_are_whole(held: dict[str, dict[str, Any]]) -> None:
    minutes, song, sign_, letter = (held[name] for name in ("minutes", "song", "sign", "letter"))
    assert (minutes["pages"], minutes["ocr"].split()) == (2, ["Minutes", "1", "Minutes", "2"])
    assert [(one["kind"], one["number"]) for one in minutes["frames"]] == [("page", 1), ("page", 2)]
    assert song["audio_vector"]
    assert song["duration_s"] == pytest.approx(2.0, abs=0.1)
    assert "image_vector" not in song
    assert "PARKING" in sign_["ocr"]
    assert sign_["generated_caption"]
    assert "frames" not in sign_
    assert letter["caption_vector"]
    assert all("problem" not in document for document in held.values())
