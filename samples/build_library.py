"""Builds samples/library: pictures, library.jsonl, queries.tsv, judgements.tsv, and the starter's lessons.

The same seed, font, annotations and Pillow give the same library. Run it as

    python samples/build_library.py --out samples/library --lessons samples/starter/lessons.jsonl
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from damsight_samples.annotations import (
    CLDR_PACKAGE,
    GROUPS_PACKAGE,
    LANGUAGES,
    Annotated,
    AnnotationsUnavailableError,
    fetch_package,
    read_annotations,
)
from damsight_samples.holdout import Judged, Split, split_keywords
from damsight_samples.pictograms import DEBIAN_FONT, FontUnusableError, drawn_characters, open_font
from damsight_samples.records import CREATOR, RIGHTS, asset_id, filename, record, words_of
from damsight_samples.render import PALETTE, as_jpeg, compose, library_look
from damsight_samples.words import phrase, pieces_of_all
from PIL import Image

SEED = 20261121


def main() -> int:
    """Build the library; 0 done, 1 when a source is missing."""
    options = _parser().parse_args()
    try:
        build(options)
    except (AnnotationsUnavailableError, FontUnusableError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(options: argparse.Namespace) -> None:
    """Fetch, draw, split, render, write."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        cldr, groups = fetch_package(CLDR_PACKAGE, packages), fetch_package(GROUPS_PACKAGE, packages)
        annotated = read_annotations(cldr, groups)
        shutil.copyfile(cldr / "LICENSE", _folder(options.out) / "LICENSE-Unicode-3.0.txt")
    drawings = drawn_characters((asset.character for asset in annotated), open_font(options.font))
    assets = [asset for asset in annotated if asset.character in drawings]
    fixed = [CREATOR, RIGHTS, *PALETTE, "IMG jpg plain linear radial en", *(asset.group for asset in assets)]
    split = split_keywords(assets, seed=options.seed, always_there=fixed)
    entries = _write_pictures(assets, drawings, split, options)
    _write_lines(options.out / "library.jsonl", entries)
    _write_lessons(options.lessons, assets, split)
    _write_judgements(options.out, split.judged)
    _write_picture_words(options.out / "picture_words.tsv", entries, split)
    print(f"{len(entries)} pictures, {len(split.judged)} judged queries in {options.out}")


def _write_pictures(
    assets: Sequence[Annotated], drawings: dict[str, Image.Image], split: Split, options: argparse.Namespace
) -> list[dict[str, Any]]:
    folder = options.out / "pictures"
    shutil.rmtree(folder, ignore_errors=True)
    _folder(folder)
    numbers = random.Random(options.seed).sample(range(1, 10_000), len(assets))  # noqa: S311 - reproducible, no secret
    entries = []
    for done, (asset, number) in enumerate(zip(assets, numbers, strict=True), start=1):
        chance = random.Random(f"{options.seed} {asset.code}")  # noqa: S311 - as above
        look = library_look(chance)
        jpeg = as_jpeg(compose(drawings[asset.character], look, chance), look.quality)
        name = filename(asset, number)
        (folder / name).write_bytes(jpeg)
        entries.append(record(asset, tags=split.tags[asset.code], name=name, jpeg=jpeg, look=look, chance=chance))
        if done % 200 == 0 or done == len(assets):
            print(f"{done}/{len(assets)} pictures", flush=True)
    return entries


def _write_lessons(path: Path, assets: Sequence[Annotated], split: Split) -> None:
    _folder(path.parent)
    lessons = [
        {
            "asset_id": asset_id(asset),
            "character": asset.character,
            "names": asset.names,
            "keywords": {language: list(words) for language, words in split.lessons[asset.code].items()},
        }
        for asset in assets
    ]
    _write_lines(path, lessons)


def _write_judgements(folder: Path, judged: Sequence[Judged]) -> None:
    queries, judgements, counts = ["query_id\tlanguage\tkind\ttext"], [], dict[tuple[str, str], int]()
    for query in judged:
        number = counts[query.language, query.kind] = counts.get((query.language, query.kind), 0) + 1
        query_id = f"{query.language}-{query.kind}-{number:03d}"
        queries.append(f"{query_id}\t{query.language}\t{query.kind}\t{query.word}")
        judgements += [f"{query_id} 0 pictogram-{code} 1" for code in query.relevant]
    (folder / "queries.tsv").write_text("\n".join(queries) + "\n", encoding="utf-8")
    (folder / "judgements.tsv").write_text("\n".join(judgements) + "\n", encoding="utf-8")


def _write_picture_words(path: Path, entries: Sequence[dict[str, Any]], split: Split) -> None:
    """Words in no metadata that the starter was taught: for showing search by picture, not for measuring it."""
    in_metadata = pieces_of_all(text for entry in entries for text in words_of(entry))
    rows = ["language\tword\tasset_ids"]
    for language in LANGUAGES:
        holders: dict[str, list[str]] = {}
        for code, lesson in split.lessons.items():
            for word in lesson[language]:
                if _is_absent(word, in_metadata):
                    holders.setdefault(word, []).append(f"pictogram-{code}")
        rows += [f"{language}\t{word}\t{' '.join(codes)}" for word, codes in sorted(holders.items())]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _is_absent(word: str, in_metadata: set[str]) -> bool:
    """No token of the word occurs: a search matches a phrase by its words, wherever they stand."""
    return bool(phrase(word)) and not {phrase(word), *phrase(word).split()} & in_metadata


def _write_lines(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _parser() -> argparse.ArgumentParser:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=here / "library", help="the library's folder")
    parser.add_argument("--lessons", type=Path, default=here / "starter" / "lessons.jsonl", help="the starter's texts")
    parser.add_argument("--font", type=Path, default=DEBIAN_FONT, help="NotoColorEmoji.ttf")
    parser.add_argument("--packages", type=Path, help="keep the unpacked npm packages here (default: a scratch folder)")
    parser.add_argument("--seed", type=int, default=SEED, help="draws the split, the looks and the dates")
    return parser


if __name__ == "__main__":
    sys.exit(main())
