"""Another package's encoders are found by their entry points: the documented one is really built and installed."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from damsight_encoders.errors import ModelError
from damsight_encoders.load import load_audio, load_caption, load_captioner, load_joint, load_look
from damsight_schemas.connections import ModelSettings

ROOT = Path(__file__).resolve().parents[3]
THEIRS = """
from damsight_encoders.content import Picture
from damsight_encoders.errors import ModelError
from damsight_schemas.space import Space
from fakes.audio import FakeAudioEncoder
from fakes.encoders import FakeJointEncoder, FakeTextEncoder


class Words:
    space = {"model": "words"}

    def encode_texts(self, texts, *, purpose="document"):
        return None


class Captions:
    name = "theirs@1"
    input_size = 16

    def prepare(self, picture):
        return picture.pixels

    def describe(self, prepared):
        return ["a picture" for _ in prepared]


def joint(settings):
    return FakeJointEncoder()


def words(settings):
    return FakeTextEncoder()


def audio(settings):
    return FakeAudioEncoder()


def captions(settings):
    return Captions()


def nothing(settings):
    return 1


def no_space(settings):
    return Words()


def fails(settings):
    raise KeyError("THEIR_LICENCE")


def refuses(settings):
    raise ModelError("DAMSIGHT_MODELS__CAPTION=plugin:refuses: set THEIR_LICENCE")
"""
NAMES = ("joint", "words", "audio", "captions", "nothing", "no_space", "fails", "refuses", "no_such_function")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documented package, built by its own build system and installed into a folder of its own."""
    source, target = tmp_path_factory.mktemp("letter-encoder"), tmp_path_factory.mktemp("installed")
    section = (ROOT / "docs" / "encoders.md").read_text("utf-8").partition("\n## Your own encoder\n")[2]
    blocks = re.findall(r"```(toml|python)\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    files = {"toml": "pyproject.toml", "python": "letter_encoder.py"}
    assert [kind for kind, _ in blocks] == list(files)
    for kind, content in blocks:
        (source / files[kind]).write_text(content, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--no-build-isolation", "--quiet"]
    subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", target, source], check=True, capture_output=True, timeout=300
    )
    return target


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of many encoders, as an installer would have left it on the path."""
    (tmp_path / "theirs.py").write_text(THEIRS, encoding="utf-8")
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    lines = [f"{name} = theirs:{name}" for name in NAMES]
    (info / "entry_points.txt").write_text("\n".join(["[damsight.encoders]", *lines]))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "theirs", raising=False)


def test_the_documented_package_is_found_once_it_is_installed(installed: Path) -> None:
    """Built, installed and named plugin:letters, it encodes in a process that knows it by its entry point alone."""
    program = (
        "import sys\n"
        "from damsight_encoders.load import load_encoders\n"
        "from damsight_schemas.connections import ModelSettings\n"
        "caption = load_encoders(ModelSettings(caption='plugin:letters')).caption\n"
        "first, second, other = caption.encode_texts(['Fox', 'fox', 'a bridge'])\n"
        "assert first @ second > 0.999 > first @ other, (first, second, other)\n"
        "assert 'torch' not in sys.modules\n"
        "print(caption.space)\n"
    )
    path = [str(installed), *(str(ROOT / part) for part in ("schemas", "encoders"))]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{program}"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "letters@1 (27 dimensions)"), done.stderr


@pytest.mark.usefixtures("offered")
def test_each_setting_takes_an_encoder_of_its_kind() -> None:
    """Joint, caption, look, audio and captioner are loaded as plugin:<name>."""
    joint = load_joint(ModelSettings(joint="plugin:joint"))
    caption = load_caption(ModelSettings(caption="plugin:words"))
    look = load_look(ModelSettings(look="plugin:joint"))
    audio = load_audio(ModelSettings(audio="plugin:audio"))
    captioner = load_captioner(ModelSettings(captioner="plugin:captions"))
    encoders = (joint, caption, look, audio)
    names = [encoder.space.model for encoder in encoders if encoder is not None]
    assert names == ["fake-joint", "fake-caption", "fake-joint", "fake-audio"]
    assert captioner is not None
    assert captioner.name == "theirs@1"


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("load", "setting", "name", "words"),
    [
        (load_joint, "joint", "words", "has no input_size, prepare, encode_images"),
        (load_look, "look", "nothing", "makes a int, which has no space"),
        (load_audio, "audio", "joint", "has no rate, encode_sounds"),
        (load_captioner, "captioner", "joint", "has no name, describe"),
        (load_caption, "caption", "no_space", "whose space is a dict; it must be a Space"),
        (load_caption, "caption", "fails", "could not make its encoder (KeyError: 'THEIR_LICENCE'); ask its authors"),
        (load_caption, "caption", "refuses", "set THEIR_LICENCE"),
        (load_caption, "caption", "no_such_function", "cannot be imported"),
        (load_caption, "caption", "elsewhere", "0 installed packages offer the encoder 'elsewhere'"),
    ],
)
def test_what_does_not_fit_is_told(load: Callable[[ModelSettings], Any], setting: str, name: str, words: str) -> None:
    """Another kind, a factory that fails or is not there: ModelError with the setting, the plugin and the reason."""
    with pytest.raises(ModelError) as caught:
        load(ModelSettings.model_validate({setting: f"plugin:{name}"}))
    assert str(caught.value).startswith(f"DAMSIGHT_MODELS__{setting.upper()}=plugin:{name}: ")
    assert words in str(caught.value)
