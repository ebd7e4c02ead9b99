"""Labels are suggested by how improbable their cosines would be by chance."""

from typing import Any

import numpy as np
import pytest

from damsight_search.learning.label_scores import background_of, chances, false_discoveries
from damsight_search.learning.probe import Rows

DIMENSIONS = 64


def unit(told: Any) -> Rows:
    return np.asarray(told / np.linalg.norm(told, axis=-1, keepdims=True), dtype=np.float32)


def labels(draw: np.random.Generator, count: int = 40) -> Rows:
    """Return labels that share a large part, as the words of a joint space do."""
    told = draw.normal(size=(count, DIMENSIONS)) / 8
    told[:, 0] += 1
    return unit(told)


def pictures(draw: np.random.Generator, count: int, shows: Rows | None = None) -> Rows:
    told = draw.normal(size=(count, DIMENSIONS)) / 8
    return unit(told if shows is None else told + 1.2 * shows)


def test_what_is_shown_is_sure_and_what_is_not_is_not() -> None:
    """Of pictures that show a label it is the surest; of those that show none hardly any label is suggested."""
    draw = np.random.default_rng(1)
    words = labels(draw)
    background = background_of(words, pictures(draw, 300))
    shown = background.confidences(pictures(draw, 50, words[7] - words.mean(axis=0)))
    assert np.mean(shown.argmax(axis=1) == 7) > 0.9
    assert np.median(shown[:, 7]) > 0.9
    unrelated = background.confidences(pictures(draw, 200))
    # The false discovery rate: at least half sure, about half of the pictures at most have any such label by chance.
    assert np.mean((unrelated >= 0.5).any(axis=1)) < 0.6
    assert np.mean((unrelated >= 0.95).any(axis=1)) < 0.1


def test_a_label_that_is_near_to_everything_is_suggested_for_nothing() -> None:
    """It competes with its own background."""
    draw = np.random.default_rng(2)
    words = labels(draw, 10)
    library = pictures(draw, 300, words[0])
    background = background_of(words, library)
    assert np.mean(background.confidences(library)[:, 0] >= 0.9) < 0.1


def test_surer_labels_are_never_less_confident() -> None:
    """Whatever the chances, q-values keep their order, and lie in 0..1 (Benjamini and Hochberg)."""
    chance = np.random.default_rng(3).random((20, 30)) ** 3
    told = false_discoveries(chance)
    assert told.min() >= 0
    assert told.max() <= 1
    for row, values in zip(chance, told, strict=True):
        assert (np.diff(values[np.argsort(row)]) >= 0).all()
    assert false_discoveries(np.array([[0.01, 0.02, 0.9]])) == pytest.approx(np.array([[0.03, 0.03, 0.9]]))


def test_chances_are_the_normal_distributions() -> None:
    """Half lie above the mean; one in 44 above two deviations."""
    assert chances(np.array([0.0, 2.0, 1e9])) == pytest.approx([0.5, 0.02275, 0.0], abs=1e-4)
