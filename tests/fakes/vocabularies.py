"""Small vocabularies of visual words, learnt from pictures made here."""

import functools
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from damsight_encoders.decode import PillowDecoder
from damsight_encoders.handcrafted.vocabulary import Vocabulary, learn_vocabulary, save_vocabulary
from examples.photographs import photograph

WORDS = 500
_PICTURES = 4


def make_vocabulary(file: Path, kind: Any = "sift") -> Path:
    """Write a vocabulary of 500 words."""
    save_vocabulary(learnt(kind), file)
    return file


@functools.cache
def learnt(kind: Any) -> Vocabulary:
    """A vocabulary of 500 words, learnt once a session."""
    with TemporaryDirectory() as folder:
        return learn_vocabulary(write_pictures(Path(folder)), PillowDecoder(), kind=kind, words=WORDS)


def write_pictures(folder: Path) -> list[Path]:
    """Write four pictures as PNG files and return them in order."""
    files = [folder / f"{number}.png" for number in range(_PICTURES)]
    for number, file in enumerate(files):
        stream = io.BytesIO()
        Image.fromarray(photograph(160, 120, 50 + number)).save(stream, "PNG")
        file.write_bytes(stream.getvalue())
    return files
