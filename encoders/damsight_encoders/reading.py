"""Words in pictures, by the program tesseract through pytesseract (Smith 2007, ICDAR: an overview of Tesseract)."""

import subprocess
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from PIL import Image

from damsight_encoders.bound import bound_picture
from damsight_encoders.content import Picture
from damsight_encoders.errors import EncoderUnavailableError, MediaError, ModelError
from damsight_encoders.ports import TextReader
from damsight_encoders.preprocess import resample_pillow
from damsight_encoders.settings import single_threaded_environment
from damsight_schemas.asset import MAX_TEXT_CHARACTERS
from damsight_schemas.connections import ModelSettings

_SETTING: Final = "DAMSIGHT_MODELS__OCR"
_LONGEST_SIDE: Final = 2500
"""Pixels: an A4 page at 214 dpi. Tesseract's time grows with the pixels, and more of them make words no clearer."""
_LEAST_CONFIDENCE: Final = 50
_SECONDS: Final = 60
_OPTIONS: Final = "--psm 1"
"""Find blocks, lines, and which way up the page is: a scan that lies on its side is read as well."""


def open_reader(settings: ModelSettings) -> TextReader:
    """Make the reader for the languages that the settings name.

    Raises:
        ModelError: pytesseract, the program or a language's data is not installed.
    """
    try:
        import pytesseract  # noqa: PLC0415 - the extra ocr
    except ImportError as error:
        raise ModelError(
            f"{_SETTING}={','.join(settings.ocr)}: reading words in pictures needs pytesseract, which is not "
            f"installed; pip install damsight[ocr]"
        ) from error
    return TesseractReader(pytesseract, settings.ocr)


class TesseractReader:
    """Implements TextReader.

    Args:
        pytesseract: The module.
        languages: As tesseract names them, the likeliest first.
        seconds: What one picture may take.

    Raises:
        ModelError: The program or a language's data is not installed.
    """

    def __init__(self, pytesseract: Any, languages: tuple[str, ...], seconds: float = _SECONDS) -> None:
        self._library = pytesseract
        self._languages = "+".join(languages)
        self._seconds = seconds
        _require(languages, _installed(pytesseract.pytesseract.tesseract_cmd))
        # pytesseract has no other way to tell its child one thing. Our own environment stays: torch reads it too.
        pytesseract.pytesseract.environ = single_threaded_environment()

    def read(self, picture: Picture) -> str:
        """Return the words in reading order, a line each line; empty where there are none. CPU, any thread.

        Words that tesseract is less than half sure of, and those without a letter or digit, are left out. The text is
        cut at `damsight_schemas.asset.MAX_TEXT_CHARACTERS`.

        Raises:
            MediaError: Tesseract failed on this picture (reader_failed), or did not end (reader_stuck).
            EncoderUnavailableError: Tesseract could not be run at all: it is gone, or there is no room for its files.
        """
        image = Image.fromarray(bound_picture(picture, _LONGEST_SIDE, resample_pillow))
        try:
            found = self._library.image_to_data(
                image,
                lang=self._languages,
                config=_OPTIONS,
                timeout=self._seconds,
                output_type=self._library.Output.DICT,
            )
        # It is an OSError too, as what a full disk gives.
        except (self._library.TesseractNotFoundError, OSError) as error:
            raise EncoderUnavailableError(
                f"tesseract could not be run ({error}); install tesseract-ocr, and see that the folder for temporary "
                f"files has room"
            ) from error
        except RuntimeError as error:
            raise self._refusal(error, image) from error
        return "\n".join(_lines(found))[:MAX_TEXT_CHARACTERS]

    def _refusal(self, error: RuntimeError, image: Image.Image) -> MediaError:
        size = f"{image.width} x {image.height} pixels"
        if isinstance(error, self._library.TesseractError):
            return MediaError("reader_failed", f"tesseract failed on a picture of {size}: {error.message}")
        return MediaError(
            "reader_stuck", f"tesseract did not end within {self._seconds:g} s on a picture of {size}; it was ended"
        )


def _lines(found: dict[str, list[Any]]) -> Iterator[str]:
    """Join the words of tesseract's table (its TSV output) line by line."""
    rows = zip(
        *(found[column] for column in ("block_num", "par_num", "line_num", "conf", "text")),
        strict=True,
    )
    for _, line in groupby(rows, key=lambda row: row[:3]):
        words = [str(row[4]).strip() for row in line if float(row[3]) >= _LEAST_CONFIDENCE]
        readable = [word for word in words if any(letter.isalnum() for letter in word)]
        if readable:
            yield " ".join(readable)


def _installed(program: str) -> list[str]:
    """Ask tesseract for its languages; pytesseract's own question hides those in folders, such as script/Latin."""
    try:
        answer = subprocess.run(  # noqa: S603 - pytesseract's own program, no shell
            [program, "--list-langs"], capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ModelError(
            f"{_SETTING}: the program {program} cannot be run ({error}); install it (Debian: apt-get install "
            f"tesseract-ocr tesseract-ocr-eng), or leave the setting empty"
        ) from error
    return answer.stdout.splitlines()[1:]


def _require(languages: tuple[str, ...], installed: list[str]) -> None:
    missing = [language for language in languages if language not in installed]
    if missing:
        packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
        raise ModelError(
            f"{_SETTING}={','.join(languages)}: tesseract has no data for {', '.join(missing)}; install it (Debian: "
            f"apt-get install {packages}); installed are: {', '.join(installed) or 'none'}"
        )
