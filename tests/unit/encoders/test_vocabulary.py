"""A vocabulary of visual words is learnt, kept and read again, and what is none is refused."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from damsight_encoders.decode import PillowDecoder
from damsight_encoders.errors import ModelError
from damsight_encoders.handcrafted.vocabulary import learn_vocabulary, read_vocabulary
from fakes.vocabularies import WORDS, learnt, make_vocabulary, write_pictures

SIFT = {"format": "damsight visual words 1 sift"}
SCRIPT = Path(__file__).parents[3] / "scripts" / "visual_words.py"


def test_the_same_pictures_give_the_same_vocabulary(tmp_path: Path) -> None:
    """Learnt twice, and written and read again, it is the same to the bit, and so is the file's digest."""
    again = learn_vocabulary(write_pictures(tmp_path), PillowDecoder(), words=WORDS)
    np.testing.assert_array_equal(again.centres, learnt("sift").centres)
    read = [
        read_vocabulary(str(make_vocabulary(tmp_path / name)), subject="")
        for name in ("a.safetensors", "b.safetensors")
    ]
    np.testing.assert_array_equal(read[0].centres, again.centres)
    np.testing.assert_array_equal(read[0].rarities, again.rarities)
    assert read[0].digest == read[1].digest != ""


def test_what_is_no_picture_is_told_and_left_out(tmp_path: Path) -> None:
    """A file of words among the pictures changes nothing but what is told."""
    files = write_pictures(tmp_path)
    words = tmp_path / "notes.txt"
    words.write_text("no picture")
    told: list[tuple[str, bool]] = []
    found = learn_vocabulary(
        [words, *files],
        PillowDecoder(),
        words=WORDS,
        progress=lambda file, trouble: told.append((file.name, bool(trouble))),
    )
    np.testing.assert_array_equal(found.centres, learnt("sift").centres)
    assert told == [("notes.txt", True), *((file.name, False) for file in files)]


def test_too_few_pictures_are_refused(tmp_path: Path) -> None:
    """More words than features: told how many there were, and what to do."""
    with pytest.raises(ModelError, match="too few for 4000 words; give more pictures, or ask for fewer words"):
        learn_vocabulary(write_pictures(tmp_path)[:1], PillowDecoder(), words=4000)
    with pytest.raises(ValueError, match="take 2 to 4095"):
        learn_vocabulary([], PillowDecoder(), words=5000)


@pytest.mark.parametrize(
    ("tensors", "metadata"),
    [
        ({"weight": np.zeros((3, 3))}, {}),
        ({"centres": np.zeros((3, 128)), "rarities": np.ones(3)}, {"format": "sift"}),
        (
            {"centres": np.zeros((3, 256)), "rarities": np.ones(3)},
            SIFT,
        ),
        (
            {"centres": np.zeros((3, 128)), "rarities": np.ones(4)},
            SIFT,
        ),
        (
            {"centres": np.zeros((1, 128)), "rarities": np.zeros(1)},
            SIFT,
        ),
        (
            {"centres": np.zeros((1, 128)), "rarities": np.ones(1)},
            {"format": "damsight visual words 1 surf"},
        ),
    ],
)
def test_another_file_of_tensors_is_no_vocabulary(
    tensors: dict[str, np.ndarray], metadata: dict[str, str], tmp_path: Path
) -> None:
    """Tensors of another kind, shape or sense are refused, and the script that makes a vocabulary is named."""
    file = tmp_path / "other.safetensors"
    save_file({name: tensor.astype(np.float32) for name, tensor in tensors.items()}, file, metadata=metadata)
    with pytest.raises(ModelError, match=r"X=1: other\.safetensors holds no vocabulary.*visual_words\.py"):
        read_vocabulary(str(file), subject="X=1")


def test_the_script_writes_a_vocabulary(tmp_path: Path) -> None:
    """From a folder to a file that can be read, and the setting to use it."""
    folder, file = tmp_path / "pictures", tmp_path / "words.safetensors"
    folder.mkdir()
    write_pictures(folder)
    command = [sys.executable, str(SCRIPT), str(folder), "--out", str(file), "--kind", "orb", "--words"]
    done = subprocess.run([*command, "20"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert f"DAMSIGHT_MODELS__LOOK=handcrafted:words:{file}" in done.stdout
    assert read_vocabulary(str(file), subject="").centres.shape == (20, 256)


def test_the_script_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without pictures ends with exit code 1, and with what to give."""
    monkeypatch.setattr(sys, "argv", [SCRIPT.name, str(tmp_path), "--out", str(tmp_path / "words.safetensors")])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert ended.value.code == 1
    assert "give more pictures" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "words.safetensors").exists()
