"""What every reader of words in pictures keeps: the suite that test_text_readers.py runs on each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from damsight_encoders.content import Picture
from damsight_encoders.ports import TextReader

Pictured = Callable[[str], Picture]
WORDS = "The minister opens a new railway bridge"


class TextReaderContract:
    """Needs the fixtures `reader` and `pictured`, which makes a picture that says some words."""

    def test_words_are_read_in_order(self, reader: TextReader, pictured: Pictured) -> None:
        """What is read is what the picture says."""
        assert reader.read(pictured(WORDS)).split() == WORDS.split()

    def test_a_picture_without_words_gives_none(self, reader: TextReader) -> None:
        """Grey, at any size down to one pixel, says nothing."""
        for height, width in ((120, 160), (3, 300), (300, 3), (1, 1)):
            grey = Picture(np.full((height, width, 3), 128, dtype=np.uint8), (width, height), "PNG")
            assert reader.read(grey) == ""

    def test_several_threads_may_read(self, reader: TextReader, pictured: Pictured) -> None:
        """Three threads at once read each their own words."""
        said = ["railway bridge", "harbour cranes", "container ships"]
        with ThreadPoolExecutor(len(said)) as threads:
            assert list(threads.map(lambda words: reader.read(pictured(words)), said)) == said

    def test_reading_leaves_the_picture_as_it_was(self, reader: TextReader, pictured: Pictured) -> None:
        """The picture's pixels are the same afterwards."""
        picture = pictured("railway bridge")
        before = picture.pixels.copy()
        reader.read(picture)
        np.testing.assert_array_equal(picture.pixels, before)
