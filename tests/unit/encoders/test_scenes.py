"""Which frames are kept: one a scene, spread, in bounded memory."""

import functools

import numpy as np
import pytest

from damsight_encoders.content import Picture
from damsight_encoders.decode.scenes import THUMBNAIL_SIDE, Scenes, Thumbnail, change, signature_of, telling

SIDE = THUMBNAIL_SIDE


def plain(red: int, green: int, blue: int) -> Thumbnail:
    return np.full((SIDE, SIDE, 3), (red, green, blue), dtype=np.uint8)


def picture(thumbnail: Thumbnail) -> Picture:
    return Picture(pixels=thumbnail, original_size=(SIDE, SIDE), media_format="MP4")


def seconds_of(scenes: Scenes) -> list[float]:
    return [scene.seconds for scene in scenes.chosen()]


def offer(scenes: Scenes, seconds: float, thumbnail: Thumbnail) -> None:
    scenes.offer(seconds, thumbnail, functools.partial(picture, thumbnail))


def test_a_change_is_between_nothing_and_everything() -> None:
    """The same is 0, opposite colours are 1, and the noise of a codec is next to nothing."""
    noise = np.random.default_rng(0).integers(-3, 4, (SIDE, SIDE, 3))
    noisy = (plain(127, 128, 60).astype(int) + noise).astype(np.uint8)
    assert change(signature_of(plain(9, 9, 9)), signature_of(plain(9, 9, 9))) == 0
    assert change(signature_of(plain(0, 0, 0)), signature_of(plain(255, 255, 255))) == pytest.approx(1)
    assert change(signature_of(plain(127, 128, 60)), signature_of(noisy)) < 0.1


def test_where_things_stand_counts() -> None:
    """Two halves that change places are another scene, though their colours are the same."""
    halves = plain(200, 30, 60)
    halves[:, SIDE // 2 :] = (20, 60, 200)
    assert change(signature_of(halves), signature_of(halves[:, ::-1])) > 0.4


def test_what_looks_alike_is_kept_once_until_it_is_long_ago() -> None:
    """Of a minute of the same, one frame each ten seconds at least, at most."""
    scenes = Scenes(32, 60)
    for second in range(60):
        offer(scenes, float(second), plain(90, 120, 30))
    assert seconds_of(scenes) == [0, 10, 20, 30, 40, 50]


def test_the_greatest_changes_are_kept() -> None:
    """When there are too many, what is most like a neighbour goes, in whatever order frames come."""
    colours = {0.0: (250, 0, 0), 1.0: (250, 60, 0), 2.0: (0, 0, 250), 3.0: (0, 250, 0), 4.0: (60, 250, 0)}
    for order in (sorted(colours), [4.0, 2.0, 0.0, 1.0, 3.0]):
        scenes = Scenes(3, 5)
        for second in order:
            offer(scenes, second, plain(*colours[second]))
        kept = seconds_of(scenes)
        assert len(kept) == 3
        assert 2.0 in kept
        assert len({0.0, 1.0}.intersection(kept)) == 1


def test_no_gap_is_left_for_the_sake_of_change() -> None:
    """A lively beginning does not take all places from a calm end."""
    scenes = Scenes(8, 800)
    for second in range(800):
        lively = second < 100
        colour = (
            ((second * 83) % 250, (second * 149) % 250, (second * 31) % 250) if lively else (10, 90, second % 3 + 90)
        )
        offer(scenes, float(second), plain(*colour))
    assert max(np.diff([0.0, *seconds_of(scenes), 800.0])) <= 2 * 2 * 800 / 8


def test_no_frame_is_taken_in_full_that_is_not_kept() -> None:
    """Making a picture costs much more than looking at a thumbnail."""
    taken: list[int] = []

    def take() -> Picture:
        taken.append(1)
        return picture(plain(9, 90, 9))

    scenes = Scenes(4, 5)
    for number in range(100):
        scenes.offer(number / 20, plain(9, 90, 9), take)
    assert len(taken) == 1
    assert scenes.offered == 100


def test_blank_frames_go_first() -> None:
    """Black and white give way to anything else; where there is nothing else, one of them is kept."""
    scenes = Scenes(2, 5)
    for second, colour in enumerate([(0, 0, 0), (255, 255, 255), (200, 30, 60), (0, 0, 0), (20, 60, 200)]):
        offer(scenes, float(second), plain(*colour))
    assert seconds_of(scenes) == [2, 4]
    blank = Scenes(2, 5)
    offer(blank, 0.0, plain(0, 0, 0))
    offer(blank, 1.0, plain(255, 255, 255))
    assert seconds_of(blank) == [0]


def test_a_sharp_frame_tells_more_than_a_blurred_or_a_plain_one() -> None:
    """By what it shows, not by how light it is."""
    sharp = np.kron(np.random.default_rng(2).integers(0, 256, (16, 16, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    rows = np.cumsum(sharp.astype(float), axis=0)
    blurred = np.repeat(((rows[31:] - rows[:-31]) / 31).astype(np.uint8)[:, :1], 64, axis=1)
    assert telling(picture(sharp)) > telling(picture(blurred)) > telling(picture(plain(255, 255, 255)))
    assert telling(picture(np.zeros((1, 1, 3), dtype=np.uint8))) == 0
