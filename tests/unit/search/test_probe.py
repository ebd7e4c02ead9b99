"""A probe recovers what its examples have in common, and says when they have nothing."""

import numpy as np
import pytest

from damsight_search.learning.probe import Rows, fit

DIMENSIONS = 32


def rows(draw: np.random.Generator, count: int, towards: Rows | None = None, strength: float = 0.0) -> Rows:
    """Return unit vectors at random, all with a common part, some turned towards a direction."""
    told = draw.normal(size=(count, DIMENSIONS)) / np.sqrt(DIMENSIONS)
    told[:, 0] += 1.0
    if towards is not None:
        told = told + strength * towards
    return np.asarray(told / np.linalg.norm(told, axis=1, keepdims=True), dtype=np.float32)


def planted() -> Rows:
    return np.asarray(np.eye(DIMENSIONS)[5], dtype=np.float32)


@pytest.mark.parametrize("bad", [0, 4])
def test_a_planted_direction_is_found_among_what_all_share(bad: int) -> None:
    """From six examples: nearly all that meet it are right, most of what is right is met, and nothing warns."""
    draw = np.random.default_rng(1)
    probe = fit(rows(draw, 6, planted(), 1.5), rows(draw, bad), rows(draw, 200))
    assert probe.direction @ planted() > 0.8
    assert np.linalg.norm(probe.direction) == pytest.approx(1.0, abs=1e-5)
    right, wrong = rows(draw, 200, planted(), 1.5), rows(draw, 2000)
    assert np.mean(right @ probe.direction >= probe.threshold) > 0.4
    assert np.mean(wrong @ probe.direction >= probe.threshold) < 0.005
    assert probe.separates
    assert probe.accuracy is not None
    assert probe.accuracy > 0.9


def test_what_the_background_holds_of_it_does_no_harm() -> None:
    """One asset in ten of the library shows what is looked for, and nobody told which: they are still found."""
    draw = np.random.default_rng(2)
    background = np.concatenate([rows(draw, 20, planted(), 1.5), rows(draw, 180)])
    probe = fit(rows(draw, 6, planted(), 1.5), rows(draw, 0), draw.permutation(background))
    assert np.mean(rows(draw, 200, planted(), 1.5) @ probe.direction >= probe.threshold) > 0.2
    assert probe.separates


def test_examples_with_nothing_in_common_do_not_separate() -> None:
    """Held out, they lie where all lie; the accuracy is near to chance."""
    draw = np.random.default_rng(3)
    probe = fit(rows(draw, 8), rows(draw, 8), rows(draw, 200))
    assert not probe.separates
    assert probe.accuracy is not None
    assert probe.accuracy < 0.8


def test_one_example_is_enough_and_has_no_accuracy() -> None:
    """What is very like it is met; there is no other example to judge by."""
    draw = np.random.default_rng(4)
    one = rows(draw, 1, planted(), 1.5)
    probe = fit(one, rows(draw, 0), rows(draw, 100))
    assert (one @ probe.direction >= probe.threshold).all()
    assert probe.accuracy is None


def test_bad_examples_alone_will_do() -> None:
    """In a library of a handful there is no background."""
    draw = np.random.default_rng(5)
    good, bad = rows(draw, 3, planted(), 1.5), rows(draw, 3)
    probe = fit(good, bad, rows(draw, 0))
    assert ((good @ probe.direction).min() > (bad @ probe.direction).max()) is np.True_
    with pytest.raises(ValueError, match="a probe takes"):
        fit(good, rows(draw, 0), rows(draw, 3))


def test_confidence_rises_and_is_half_at_the_threshold() -> None:
    """It is 0.9 at the scale above it, whatever the space's own units are."""
    draw = np.random.default_rng(6)
    probe = fit(rows(draw, 6, planted(), 1.5), rows(draw, 0), rows(draw, 100))
    at = np.array([probe.threshold, probe.threshold + probe.scale, probe.threshold - probe.scale])
    told = probe.confidences(np.outer(at, probe.direction).astype(np.float32))
    assert told == pytest.approx([0.5, 0.9, 0.1], abs=1e-4)


def test_the_same_examples_make_the_same_probe_even_if_they_are_all_one() -> None:
    """Nothing is drawn anew, and twins do not upset it."""
    draw = np.random.default_rng(7)
    twin, background = np.repeat(rows(draw, 1), 3, axis=0), rows(draw, 50)
    once, again = fit(twin, twin[:0], background), fit(twin, twin[:0], background)
    assert np.array_equal(once.direction, again.direction)
    assert np.isfinite([once.threshold, once.scale]).all()
