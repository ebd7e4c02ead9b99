"""Makes scenes for speed tests: a few pictograms on photograph-like ground, 4 to 12 megapixels, 1.5 to 5 MB each.

    python samples/scenes.py --out /tmp/scenes --count 100

Writes scene-00000.jpg ... and scenes.jsonl (asset records as in the library, with the pictograms' names as title).
They are made on demand and never committed.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from damsight_samples.pictograms import DEBIAN_FONT, FontUnusableError, draw, open_font
from damsight_samples.render import as_jpeg
from damsight_samples.scenes import compose_scene

_MEDIA_TYPE = "image/jpeg"


def main() -> int:
    """Make the scenes; 0 done, 1 when the font is missing."""
    options = _parser().parse_args()
    try:
        font = open_font(options.font)
    except FontUnusableError as error:
        print(error, file=sys.stderr)
        return 1
    lessons = [json.loads(line) for line in options.lessons.read_text(encoding="utf-8").splitlines()]
    pictograms = [draw(lesson["character"], font) for lesson in lessons]
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "scenes.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(options.count):
            scene = compose_scene(pictograms, seed=options.seed + number)
            jpeg = as_jpeg(scene.picture, scene.quality)
            name = f"scene-{number:05d}.jpg"
            (options.out / name).write_bytes(jpeg)
            title = ", ".join(lessons[row]["names"]["en"] for row in scene.rows)
            lines.write(json.dumps(_record(name, title, jpeg), ensure_ascii=False) + "\n")
            print(f"{number + 1}/{options.count}  {name}  {len(jpeg) / 1e6:.1f} MB", flush=True)
    return 0


def _record(name: str, title: str, jpeg: bytes) -> dict[str, object]:
    digest = hashlib.sha256(jpeg).hexdigest()
    return {
        "asset_id": name.removesuffix(".jpg"),
        "revision": 1,
        "media": {"uri": name, "mime_type": _MEDIA_TYPE, "sha256": digest, "byte_size": len(jpeg)},
        "metadata": {"title": title, "filename": name, "language": "en", "collections": ["Scenes"]},
        "acl": ["public"],
    }


def _parser() -> argparse.ArgumentParser:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder to fill")
    parser.add_argument("--count", type=int, default=20, help="how many scenes (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the first scene; the next ones count up")
    parser.add_argument("--font", type=Path, default=DEBIAN_FONT, help="NotoColorEmoji.ttf")
    parser.add_argument("--lessons", type=Path, default=here / "starter" / "lessons.jsonl", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
