"""What every captioner keeps, whichever it is: the suite that test_captioners.py runs on each."""

import numpy as np

from contract.encoder_contract import png
from damsight_encoders.decode import PillowDecoder
from damsight_encoders.ports import Captioner, Prepared
from fakes.encoders import COLOURS


class CaptionerContract:
    """Needs a fixture `captioner`."""

    @staticmethod
    def prepared(captioner: Captioner) -> list[Prepared]:
        decoder = PillowDecoder()
        sizes = [(80, 60), (3, 90), (200, 3), (1, 1), (64, 64)]
        files = [png(colour, size) for colour, size in zip(COLOURS.values(), sizes, strict=False)]
        return [captioner.prepare(decoder.decode(file, at_least=2 * captioner.input_size)) for file in files]

    def test_each_picture_has_one_line(self, captioner: Captioner) -> None:
        """Pictures of any shape give one caption each: a line without white space around it."""
        prepared = self.prepared(captioner)
        assert all(one.dtype == np.uint8 and one.ndim == 3 and one.shape[2] == 3 for one in prepared)
        captions = captioner.describe(prepared)
        assert len(captions) == len(prepared)
        assert all(caption == " ".join(caption.split()) for caption in captions)
        assert any(captions)

    def test_captions_keep_their_order(self, captioner: Captioner) -> None:
        """A batch's captions are those of its pictures alone, in the order they were given, each time the same."""
        prepared = self.prepared(captioner)
        alone = [caption for one in prepared for caption in captioner.describe([one])]
        assert len(set(alone)) > 1
        assert captioner.describe(prepared) == alone
        assert captioner.describe(prepared[::-1]) == alone[::-1]

    def test_no_pictures_give_no_captions(self, captioner: Captioner) -> None:
        """An empty list gives an empty list, not an error."""
        assert captioner.describe([]) == []

    def test_it_has_a_name_and_a_size(self, captioner: Captioner) -> None:
        """The name tells the model from its revision; the size says how large to decode."""
        assert captioner.name.count("@") == 1
        assert captioner.input_size >= 1

    def test_preparing_leaves_the_picture_as_it_was(self, captioner: Captioner) -> None:
        """`prepare` may be called again on the same picture, from any thread, with the same result."""
        picture = PillowDecoder().decode(png((200, 30, 30), (300, 170)), at_least=1)
        before = picture.pixels.copy()
        first = captioner.prepare(picture)
        np.testing.assert_array_equal(captioner.prepare(picture), first)
        np.testing.assert_array_equal(picture.pixels, before)
