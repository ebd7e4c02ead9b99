"""Measures the starter checkpoint and writes evaluation.json and CARD.md.

    python samples/starter/evaluate.py

Every figure is text -> picture with image vectors alone, over all pictures of the library.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script, so its room is not on the path by itself

from damsight_samples.pictograms import DEBIAN_FONT
from damsight_samples.starter.card import card
from damsight_samples.starter.evaluation import (
    foreign_pictures,
    library_pictures,
    measure_judgements,
    measure_names,
    measure_taught_words,
    read_judgements,
)
from damsight_samples.starter.lessons import LessonBook
from damsight_samples.starter.measure import Starter


def main() -> int:
    """Measure, print, write."""
    options = _parser().parse_args()
    result = evaluate(options)
    text = card(result)
    print(text)
    (options.out / "evaluation.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (options.out / "CARD.md").write_text(text, encoding="utf-8")
    return 0


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """All figures, with what they were measured on."""
    book = LessonBook.read(options.lessons)
    starter = Starter(options.checkpoint)
    library = starter.pictures(library_pictures(options.library, book))
    foreign = starter.pictures(foreign_pictures(book, seed=options.seed, font=options.font))
    judgements = read_judgements(options.library, book)
    return {
        "date": options.date,
        "command": "python samples/starter/evaluate.py",
        "seed": options.seed,
        "pictures": len(book.asset_ids),
        "training": json.loads((options.checkpoint / "training.json").read_text(encoding="utf-8")),
        "names_foreign_renderings": measure_names(starter, foreign, book),
        "names_library_pictures": measure_names(starter, library, book),
        "taught_words_library_pictures": measure_taught_words(starter, library, options.library, book),
        "judgements_library_pictures": measure_judgements(starter, library, judgements),
    }


def _parser() -> argparse.ArgumentParser:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=here / "checkpoint", help="the folder to load")
    parser.add_argument("--library", type=Path, default=here.parent / "library", help="the sample library")
    parser.add_argument("--lessons", type=Path, default=here / "lessons.jsonl", help="written by build_library.py")
    parser.add_argument("--out", type=Path, default=here, help="where evaluation.json and CARD.md go")
    parser.add_argument("--font", type=Path, default=DEBIAN_FONT, help="NotoColorEmoji.ttf")
    parser.add_argument("--seed", type=int, default=7, help="of the foreign renderings")
    parser.add_argument("--date", default="2026-11-21", help="the day to write into the card")
    return parser


if __name__ == "__main__":
    sys.exit(main())
