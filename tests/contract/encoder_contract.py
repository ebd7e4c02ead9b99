"""What every encoder keeps, whichever it is: the suites that test_encoders.py runs on each."""

import io
import threading

import numpy as np
from PIL import Image

from damsight_encoders.decode import PillowDecoder
from damsight_encoders.ports import ImageEncoder, JointEncoder, Prepared, TextEncoder, Vectors
from fakes.encoders import COLOURS

WORDS = ["red fox", "two dogs at the beach", "", "Ein Hund im Schnee", "日本語", "a bridge " * 400]


def png(colour: tuple[int, int, int], size: tuple[int, int]) -> bytes:
    stream = io.BytesIO()
    image = Image.new("RGB", size, colour)
    image.paste((90, 120, 200), (0, 0, size[0] // 3, size[1] // 2))
    image.save(stream, "PNG")
    return stream.getvalue()


def assert_vectors(vectors: Vectors, count: int, dimensions: int) -> None:
    assert vectors.shape == (count, dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


class TextEncoderContract:
    """Needs a fixture `encoder`."""

    def test_texts_are_unit_vectors_of_the_space(self, encoder: TextEncoder) -> None:
        """Any text, also an empty, a foreign or a very long one, gives one float32 row of length 1."""
        assert_vectors(encoder.encode_texts(WORDS), len(WORDS), encoder.space.dimensions)
        assert "text" in encoder.space.modalities

    def test_no_texts_give_no_vectors(self, encoder: TextEncoder) -> None:
        """An empty list gives an array of no rows, not an error."""
        assert encoder.encode_texts([]).shape == (0, encoder.space.dimensions)

    def test_texts_keep_their_order(self, encoder: TextEncoder) -> None:
        """A batch's rows are those of its texts alone, in the order they were given."""
        alone = np.concatenate([encoder.encode_texts([text]) for text in WORDS])
        np.testing.assert_allclose(encoder.encode_texts(WORDS), alone, atol=1e-4)
        np.testing.assert_allclose(encoder.encode_texts(WORDS[::-1]), alone[::-1], atol=1e-4)

    def test_different_words_give_different_vectors(self, encoder: TextEncoder) -> None:
        """Texts are told apart."""
        first, second = encoder.encode_texts(["red fox", "a bridge"])
        assert float(first @ second) < 0.9999

    def test_queries_are_encoded_too(self, encoder: TextEncoder) -> None:
        """The purpose "query" is taken, and gives vectors of the same space."""
        assert_vectors(encoder.encode_texts(["fox"], purpose="query"), 1, encoder.space.dimensions)

    def test_several_threads_may_encode_texts(self, encoder: TextEncoder) -> None:
        """Eight threads at once get what each gets alone."""
        expected = {text: encoder.encode_texts([text])[0] for text in WORDS}
        wrong: list[str] = []

        def encode(text: str) -> None:
            rows = [encoder.encode_texts([text, "x" * len(text)])[0] for _ in range(5)]
            wrong.extend(text for row in rows if not np.allclose(row, expected[text], atol=1e-4))

        threads = [threading.Thread(target=encode, args=(WORDS[number % len(WORDS)],)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads)
        assert wrong == []


class ImageEncoderContract:
    """Needs a fixture `encoder`."""

    @staticmethod
    def prepared(encoder: ImageEncoder) -> list[Prepared]:
        decoder = PillowDecoder()
        sizes = [(80, 60), (60, 80), (200, 40), (17, 16), (64, 64), (33, 90)]
        files = [png(colour, size) for colour, size in zip(COLOURS.values(), sizes, strict=False)]
        return [encoder.prepare(decoder.decode(file, at_least=2 * encoder.input_size)) for file in files]

    def test_pictures_are_unit_vectors_of_the_space(self, encoder: ImageEncoder) -> None:
        """Pictures of any shape give one float32 row of length 1 each."""
        prepared = self.prepared(encoder)
        assert all(one.dtype == np.uint8 and one.ndim == 3 and one.shape[2] == 3 for one in prepared)
        assert_vectors(encoder.encode_images(prepared), len(prepared), encoder.space.dimensions)
        assert "image" in encoder.space.modalities

    def test_no_pictures_give_no_vectors(self, encoder: ImageEncoder) -> None:
        """An empty list gives an array of no rows, not an error."""
        assert encoder.encode_images([]).shape == (0, encoder.space.dimensions)

    def test_pictures_keep_their_order(self, encoder: ImageEncoder) -> None:
        """A batch's rows are those of its pictures alone, in the order they were given."""
        prepared = self.prepared(encoder)
        alone = np.concatenate([encoder.encode_images([one]) for one in prepared])
        np.testing.assert_allclose(encoder.encode_images(prepared), alone, atol=1e-4)
        np.testing.assert_allclose(encoder.encode_images(prepared[::-1]), alone[::-1], atol=1e-4)

    def test_preparing_leaves_the_picture_as_it_was(self, encoder: ImageEncoder) -> None:
        """`prepare` may be called again on the same picture, from any thread, with the same result."""
        picture = PillowDecoder().decode(png((200, 30, 30), (90, 70)), at_least=1)
        before = picture.pixels.copy()
        first = encoder.prepare(picture)
        np.testing.assert_array_equal(encoder.prepare(picture), first)
        np.testing.assert_array_equal(picture.pixels, before)


class JointEncoderContract(ImageEncoderContract, TextEncoderContract):
    """Needs a fixture `encoder`."""

    def test_pictures_and_words_share_the_space(self, encoder: JointEncoder) -> None:
        """The space says that it takes both."""
        assert encoder.space.modalities == ("image", "text")
