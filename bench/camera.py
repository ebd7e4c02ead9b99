"""JPEGs of real sizes for the measurements: the project's scenes, made once into the user's cache."""

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image
from platformdirs import user_cache_path

ROOT = Path(__file__).resolve().parents[1]
FOUR_MEGAPIXELS = (2448, 1632)
TWELVE_MEGAPIXELS = (4000, 3000)
WEB = (600, 400)
# Longer sides that archives hold beside the camera's own.
SIDES = (600, 1024, 1600, 2400)


def scenes(count: int) -> list[Path]:
    """Return so many scenes of 4 to 12 megapixels, rendered where they are not there yet (about a second each)."""
    folder = user_cache_path("damsight") / "bench" / "scenes"
    found = sorted(folder.glob("scene-*.jpg"))
    if len(found) < count:
        subprocess.run([ROOT / "scripts" / "system-packages.sh", "fonts"], check=True)
        program = [sys.executable, ROOT / "samples" / "scenes.py", "--out", folder, "--count", str(count)]
        subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
        found = sorted(folder.glob("scene-*.jpg"))
    return found[:count]


def resized(path: Path, size: tuple[int, int], *, quality: int = 90) -> bytes:
    """Return a scene as a JPEG of the given (width, height)."""
    with Image.open(path) as image:
        return as_jpeg(image.convert("RGB").resize(size, Image.Resampling.LANCZOS), quality=quality)


def as_jpeg(image: Image.Image, *, quality: int = 90, progressive: bool = False) -> bytes:
    """Return a picture as a JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=progressive)
    return out.getvalue()


def varied(count: int) -> list[bytes]:
    """Return so many JPEGs of varied sizes and kinds: a third of them as the camera wrote them, the rest smaller.

    Colour and grey, baseline and progressive, whole and cropped to other shapes.
    """
    made: list[bytes] = []
    for number, path in enumerate(scenes((count + 2) // 3)):
        made.append(path.read_bytes())
        with Image.open(path) as image:
            side = SIDES[number % len(SIDES)]
            small = image.convert("RGB")
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            made.append(as_jpeg(small, quality=75 + number % 20, progressive=number % 2 == 0))
            width, height = image.size
            left, top = width * (number % 5) // 10, height * (number % 3) // 6
            part = image.crop((left, top, left + width // 2, top + height // (1 + number % 3)))
            made.append(as_jpeg(part.convert("L") if number % 7 == 0 else part))
    return made[:count]
