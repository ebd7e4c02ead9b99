import io
import random
from pathlib import Path

import pytest
from damsight_samples.pictograms import FontUnusableError, open_font
from damsight_samples.render import as_jpeg, compose, foreign_look, library_look
from damsight_samples.scenes import CAMERA_SIZES, compose_scene
from PIL import Image, ImageDraw


@pytest.fixture(scope="module")
def disc() -> Image.Image:
    image = Image.new("RGBA", (136, 128))
    ImageDraw.Draw(image).ellipse((8, 8, 120, 120), fill=(200, 30, 30, 255))
    return image


@pytest.mark.parametrize("look_of", [library_look, foreign_look])
def test_the_same_chance_gives_the_same_bytes(look_of: object, disc: Image.Image) -> None:
    """A picture is its seed's: the library can be built again byte for byte."""
    made = []
    for _ in range(2):
        chance = random.Random("5")  # noqa: S311 - reproducible, nothing secret
        look = look_of(chance)  # type: ignore[operator]  # both are looks
        made.append(as_jpeg(compose(disc, look, chance), look.quality))
    assert made[0] == made[1]


def test_a_library_picture_shows_its_pictogram_whole(disc: Image.Image) -> None:
    """After the centre crop that encoders make, the pictogram still has its colour in the middle."""
    for seed in range(20):
        chance = random.Random(seed)  # noqa: S311 - reproducible, nothing secret
        picture = compose(disc, library_look(chance), chance)
        red, green, _ = picture.getpixel((picture.width // 2, picture.height // 2))
        assert red > 150
        assert green < 90


def test_a_missing_font_is_told_with_its_package(tmp_path: Path) -> None:
    """Whoever lacks the font learns which Debian package has it."""
    with pytest.raises(FontUnusableError, match="fonts-noto-color-emoji"):
        open_font(tmp_path / "none.ttf")


def test_scenes_are_as_large_as_cameras_make_them(disc: Image.Image) -> None:
    """A scene has a camera's pixels and a JPEG of a camera's weight, so that speed tests measure real decoding."""
    scene = compose_scene([disc] * 9, seed=3)
    content = as_jpeg(scene.picture, scene.quality)
    assert Image.open(io.BytesIO(content)).size in CAMERA_SIZES
    assert 1_000_000 < len(content) < 6_000_000
    assert 2 <= len(scene.rows) <= 6
