"""Words in pictures are read in English and German, and what keeps tesseract from reading is told."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytesseract
import pytest
from PIL import Image

from damsight_encoders import reading
from damsight_encoders.bound import bound_picture
from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderUnavailableError, MediaError, ModelError
from damsight_encoders.preprocess import resample_pillow
from damsight_encoders.reading import TesseractReader, open_reader
from damsight_schemas.connections import ModelSettings
from fakes.written import as_picture, written

PAGE = [
    "Aerial view of a harbour with cranes",
    "and container ships in the evening",
    "Zwei Hunde laufen am Strand entlang",
    "Der Minister eröffnet eine neue Brücke",
    "Straße der Künste, Grüße aus München",
    "Children play football in the street",
    "Orange trees bloom near Seville",
]
Program = Callable[[str], None]


@pytest.fixture(scope="module")
def reader() -> TesseractReader:
    return TesseractReader(pytesseract, ("eng", "deu"))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a script in tesseract's place that knows English and does what is asked here when it is to read."""
    monkeypatch.setattr(pytesseract.pytesseract, "environ", os.environ)

    def place(script: str) -> None:
        file = tmp_path / "tesseract"
        listing = '[ "$1" = --list-langs ] && { echo "List of available languages (1):"; echo eng; exit 0; }'
        file.write_text(f"#!/bin/sh\n{listing}\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", str(file))

    return place


def test_english_and_german_are_read_line_by_line(reader: TesseractReader) -> None:
    """A page in both languages is read with its umlauts, in order, a line each line."""
    assert reader.read(written(*PAGE)).splitlines() == PAGE


def test_a_page_on_its_side_is_read(reader: TesseractReader) -> None:
    """A scan that was turned by a quarter is turned back."""
    turned = Image.fromarray(written(*PAGE).pixels).rotate(90, expand=True)
    assert reader.read(as_picture(turned)).splitlines() == PAGE


def test_noise_and_slanted_words_give_no_words(reader: TesseractReader) -> None:
    """Noise, coarse spots, black, and lines at 30 degrees: nothing is made up, and nothing breaks."""
    spots = np.random.default_rng(7).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    noise = Image.fromarray(np.random.default_rng(8).integers(0, 256, (300, 400, 3), dtype=np.uint8))
    slanted = Image.fromarray(written(*PAGE[:2]).pixels).rotate(30, expand=True, fillcolor="white")
    pictures = [noise, Image.fromarray(spots).resize((400, 300)), slanted, Image.new("RGB", (300, 200))]
    assert [reader.read(as_picture(picture)) for picture in pictures] == [""] * 4


def test_a_large_picture_is_made_smaller_first() -> None:
    """No side that is read is longer than 2,500 pixels; only what the original covers is read."""
    large = Picture(np.zeros((1000, 5000, 3), dtype=np.uint8), (5000, 1000), "PNG")
    assert bound_picture(large, 2500, resample_pillow).shape == (500, 2500, 3)
    cornered = Picture(np.zeros((40, 80, 3), dtype=np.uint8), (158, 79), "JPEG", box=(0.0, 0.0, 79.0, 39.5))
    assert bound_picture(cornered, 2500, resample_pillow).shape == (40, 79, 3)
    assert bound_picture(Picture(large.pixels[:1], (5000, 1), "PNG"), 50, resample_pillow).shape == (1, 50, 3)


def test_what_is_not_sure_or_no_word_is_left_out() -> None:
    """Words below a confidence of 50, and those without a letter or digit, are gone; so are lines left empty."""
    found: dict[str, list[object]] = {
        "block_num": [1, 1, 1, 1, 2, 2],
        "par_num": [1, 1, 1, 1, 1, 1],
        "line_num": [1, 1, 1, 2, 1, 1],
        "conf": [-1, 96.5, 49, 50, 90, "91"],
        "text": ["", "sure", "unsure", "half", "—|", "7"],
    }
    assert list(reading._lines(found)) == ["sure", "half", "7"]


def test_a_long_text_is_cut(reader: TesseractReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond the document's limit is cut off."""
    monkeypatch.setattr(reading, "MAX_TEXT_CHARACTERS", 12)
    assert reader.read(written("railway bridge")) == "railway brid"


def test_tesseract_computes_on_one_thread(program: Program, tmp_path: Path) -> None:
    """Tesseract is told to use one thread, and this process is not."""
    program(f'echo "$OMP_THREAD_LIMIT" > {tmp_path}/limit\nexec {shutil.which("tesseract")} "$@"')
    before = os.environ.get("OMP_THREAD_LIMIT")
    assert open_reader(ModelSettings(ocr=("eng",))).read(written("railway bridge")) == "railway bridge"
    assert (tmp_path / "limit").read_text() == "1\n"
    assert os.environ.get("OMP_THREAD_LIMIT") == before


def test_a_tesseract_that_does_not_end_is_ended(program: Program, tmp_path: Path) -> None:
    """Beyond its time it is ended, and the picture is refused."""
    program(f"echo $$ > {tmp_path}/pid\nexec sleep 300")
    reader = TesseractReader(pytesseract, ("eng",), seconds=1)
    with pytest.raises(MediaError, match="did not end within 1 s on a picture of 8 x 8 pixels") as caught:
        reader.read(as_picture(Image.new("RGB", (8, 8))))
    assert caught.value.reason == "reader_stuck"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_tesseract_that_fails_is_told(program: Program) -> None:
    """Its own words come with the refusal."""
    program("echo 'Error in pixReadMem' >&2\nexit 1")
    with pytest.raises(
        MediaError, match="tesseract failed on a picture of 8 x 8 pixels: Error in pixReadMem"
    ) as caught:
        TesseractReader(pytesseract, ("eng",)).read(as_picture(Image.new("RGB", (8, 8))))
    assert caught.value.reason == "reader_failed"


def test_a_tesseract_that_went_away_is_worth_another_try(program: Program, tmp_path: Path) -> None:
    """It was there at the start and is no more: not the picture's fault."""
    program("exit 0")
    reader = TesseractReader(pytesseract, ("eng",))
    (tmp_path / "tesseract").unlink()
    with pytest.raises(EncoderUnavailableError, match="tesseract could not be run"):
        reader.read(as_picture(Image.new("RGB", (8, 8))))


def test_a_missing_language_is_told() -> None:
    """The Debian packages of those that are missing are named."""
    with pytest.raises(
        ModelError, match=r"no data for xyz, chi_tra_vert; .*tesseract-ocr-xyz tesseract-ocr-chi-tra-vert"
    ):
        open_reader(ModelSettings(ocr=("eng", "xyz", "chi_tra_vert")))


def test_a_missing_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without tesseract the message says how to install it."""
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "/nowhere/tesseract")
    with pytest.raises(ModelError, match="apt-get install tesseract-ocr"):
        open_reader(ModelSettings(ocr=("eng",)))


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pytesseract the message names the extra."""
    monkeypatch.setitem(sys.modules, "pytesseract", None)
    with pytest.raises(ModelError, match=r"pip install damsight\[ocr\]"):
        open_reader(ModelSettings(ocr=("eng", "deu")))
