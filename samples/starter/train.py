"""Trains the starter checkpoint from nothing on the pictograms that this project draws.

    python samples/starter/train.py --out samples/starter/checkpoint

Seed, data and every hyper-parameter are in `Plan`; a run writes training.json beside the weights. The checkpoint
is written anew every --save-every steps, so that an interrupted run leaves a usable one.
"""

import argparse
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script, so its room is not on the path by itself

from damsight_samples.pictograms import DEBIAN_FONT, draw, open_font
from damsight_samples.starter.augment import cache
from damsight_samples.starter.lessons import LessonBook
from damsight_samples.starter.model import build_model, save_checkpoint, train_tokenizer
from damsight_samples.starter.training import Course, Plan


def main() -> int:
    """Train and save."""
    options = _parser().parse_args()
    torch.set_num_threads(options.threads)
    plan = Plan(steps=options.steps, seed=options.seed)
    torch.manual_seed(plan.seed)
    book = LessonBook.read(options.lessons)
    font = open_font(options.font)
    pictograms = cache([draw(character, font) for character in book.characters])
    tokenizer = train_tokenizer(book.texts())
    model = build_model(tokenizer)
    course = Course(model, tokenizer, book, pictograms, plan)

    def report(step: int, loss: float, seconds: float) -> None:
        if step % 25 == 0:
            print(f"step {step}/{plan.steps}  loss {loss:.3f}  {seconds:.0f} s", flush=True)
        if step % options.save_every == 0 or step == plan.steps:
            save_checkpoint(options.out, model, tokenizer, course.averaged)
            record = {"plan": plan.as_json(), "steps_done": step, "seconds": round(seconds), "torch": torch.__version__}
            (options.out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    course.run(report)
    return 0


def _parser() -> argparse.ArgumentParser:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lessons", type=Path, default=here / "lessons.jsonl", help="written by build_library.py")
    parser.add_argument("--out", type=Path, default=here / "checkpoint", help="the checkpoint's folder")
    parser.add_argument("--font", type=Path, default=DEBIAN_FONT, help="NotoColorEmoji.ttf")
    parser.add_argument("--steps", type=int, default=Plan.steps, help=f"default {Plan.steps}")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=200)
    return parser


if __name__ == "__main__":
    sys.exit(main())
