"""Every kind of file is decoded apart as it is here, and the process apart spoils nothing on disk."""

import importlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from damsight_encoders.decode import FileDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder
from fakes.pdf_files import Page, filled, pdf, words
from fakes.photoshop_files import photoshop
from fakes.quarters import quarters
from fakes.raw_files import dng

GREY = np.full((20, 30), 90, np.uint8)


@pytest.fixture(scope="module")
def apart() -> Iterator[IsolatedDecoder]:
    decoder = IsolatedDecoder(FileDecoder())
    yield decoder
    decoder.close()


@pytest.mark.parametrize(
    "data",
    [
        pdf([Page(filled("1 0 0", (0, 0, 50, 50)) + words("One")), Page(words("Two"))]),
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="4" height="9"/></svg>',
        dng(),
        photoshop([GREY], "grey"),
    ],
    ids=["pdf", "svg", "raw", "photoshop"],
)
def test_what_is_decoded_apart_is_what_is_decoded_here(apart: IsolatedDecoder, data: bytes) -> None:
    """Documents, drawings, raw and Photoshop files: the same cover, parts, words and number of pages."""
    here, there = FileDecoder().decode_media(data, at_least=40), apart.decode_media(data, at_least=40)
    assert (here.words, here.pages, len(here.parts)) == (there.words, there.pages, len(there.parts))
    assert here.cover is not None
    assert there.cover is not None
    np.testing.assert_array_equal(here.cover.pixels, there.cover.pixels)


def test_the_process_apart_leaves_no_stumps_of_compiled_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may write little, and Python would keep the first 64 KiB of a larger module that it compiles there."""
    (tmp_path / "very_large.py").write_text("NUMBERS = [" + "1234567.5, " * 20_000 + "]\n", encoding="ascii")
    (tmp_path / "imports_late.py").write_text(
        "from damsight_encoders.decode import PillowDecoder\n"
        "class Late(PillowDecoder):\n"
        "    def decode(self, data, *, at_least):\n"
        "        import very_large\n"
        "        return super().decode(data, at_least=at_least)\n",
        encoding="ascii",
    )
    monkeypatch.syspath_prepend(tmp_path)
    picture = io.BytesIO()
    quarters().save(picture, "PNG")
    decoder = IsolatedDecoder(importlib.import_module("imports_late").Late())
    try:
        decoder.decode(picture.getvalue(), at_least=8)
    finally:
        decoder.close()
    assert list(tmp_path.rglob("very_large*.pyc")) == []
