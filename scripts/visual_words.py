"""Learn a vocabulary of visual words from a folder of pictures, for DAMSIGHT_MODELS__LOOK=handcrafted:words:FILE.

Usage: python scripts/visual_words.py --out FILE [--words 1000] [--kind sift|orb] FOLDER
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from damsight_encoders.decode import PillowDecoder
from damsight_encoders.errors import ModelError
from damsight_encoders.handcrafted.local_features import DIMENSIONS
from damsight_encoders.handcrafted.vocabulary import learn_vocabulary, save_vocabulary


def main() -> int:
    """Learn and write; the exit code is 1 where the folder is not enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="pictures like those that will be searched, a few hundred")
    parser.add_argument("--out", type=Path, required=True, help="a .safetensors file")
    parser.add_argument("--words", type=int, default=1000, help="how many (2 to 4095)")
    parser.add_argument("--kind", choices=sorted(DIMENSIONS), default="sift", help="of the features")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error(f"there is no folder {arguments.folder}")
    files = sorted(file for file in arguments.folder.rglob("*") if file.is_file())
    console = Console(stderr=True)
    with Progress(console=console) as bar:
        task = bar.add_task("pictures, then words", total=len(files) or None)

        def progress(file: Path, trouble: str) -> None:
            bar.advance(task)
            if trouble:
                bar.console.print(f"left out: {file.name}: {trouble}", markup=False)

        try:
            vocabulary = learn_vocabulary(
                files, PillowDecoder(), kind=arguments.kind, words=arguments.words, progress=progress
            )
            save_vocabulary(vocabulary, arguments.out)
        except (ModelError, ValueError, OSError) as error:
            console.print(f"{arguments.folder}: {error}", markup=False)
            return 1
    print(f"{len(vocabulary.centres)} words: DAMSIGHT_MODELS__LOOK=handcrafted:words:{arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
