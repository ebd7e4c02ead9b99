"""Writes the model card from the figures: what the starter recognises, and what it does not."""

from typing import Any

_LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "zh": "Chinese", "ja": "Japanese", "ar": "Arabic",
}  # fmt: skip


def card(result: dict[str, Any]) -> str:
    """The card as Markdown."""
    return f"""# The starter checkpoint
A small CLIP (transformers' `CLIPModel`: 64-pixel pictures in patches of 16, 4 layers; texts 2 layers; 192
dimensions; 4.4 million parameters, stored as float16, loaded as float32) that this project trained from nothing, so
that `make demo` and the tests search by picture with nothing to download.

## What it can recognise
The {result["pictures"]:,} pictograms of Noto Color Emoji in `samples/library`, drawn at any size from about
64 pixels, turned by up to 20 degrees, on other backgrounds, with noise and JPEG losses; asked for by name, or by a
word it was taught, in
{", ".join(_LANGUAGES.values())}.

## What it cannot
**It knows pictograms only, not photographs.** It has never seen a photograph, another font's emoji, a scan, a screen
or a scene with several things in it, and its answers there mean nothing. It does not read text in pictures, tell
faces apart or count. It was taught words for pictures and never likeness between them, so "more like this" brings
what shares colours and outlines rather than a meaning. A word that it was not taught (the judged kind
`nowhere` below) it can only guess at from the word's letters. For people's own pictures
use a real checkpoint (`DAMSIGHT_MODELS__JOINT`).

## Figures
Text -> picture with image vectors alone, over all {result["pictures"]:,} pictures. Date
{result["date"]}; seed {result["seed"]}; command `{result["command"]}`; the raw figures are in `evaluation.json`.

### By name
"Foreign" pictures are rendered anew: other sizes (90 to 546 pixels), turns, colours, grain, blur, JPEG quality 40
to 92. Pictures that share a name in a language count as one answer.

{_names(result)}
### By words in nobody's metadata that it was taught (`picture_words.tsv`), library pictures

{_words(result["taught_words_library_pictures"])}
### By judged words (`judgements.tsv`), library pictures
`nowhere`: it never saw the word. `partly`: it was taught the word with about half of the relevant pictures.
`partly, lost half`: the same words, ranking only the pictures that it was not taught them with.

{_judged(result["judgements_library_pictures"])}
## Training
{_training(result["training"])}
## Licence
The weights: Apache-2.0, as the project. They were trained on drawings under the SIL Open Font License 1.1 and words
under the Unicode License V3; the texts are in `samples/library`.
"""


def _training(training: dict[str, Any]) -> str:
    plan = training["plan"]
    texts = plan["pictures"] + plan["extra_texts"]
    return f"""`python samples/starter/train.py`: seed {plan["seed"]};
{plan["steps"]:,} steps of {plan["pictures"]} pictures, each rendered anew,
and {texts} texts; AdamW, rate {plan["rate"]}, weight decay {plan["weight_decay"]};
{training["seconds"] / 60:.0f} minutes on two cores that other work shared; torch {training["torch"]}. The rate's
cosine spans {plan["schedule"]:,} steps; training ended after {training["steps_done"]:,}, with recall@10 of English
names far above the 0.90 asked of it, and `--steps {plan["schedule"]}` would improve it further. Another
run draws the same pictures and texts, but the tokenizer's trainer and threaded sums break ties differently each
time: its figures come out close, not equal. Texts are
`lessons.jsonl`: CLDR names and keywords in seven languages less every held-out keyword. Every hyper-parameter is in
`checkpoint/training.json`.
"""


def _names(result: dict[str, Any]) -> str:
    lines = [
        "| language | foreign: recall@1 | foreign: recall@10 | library: recall@1 | library: recall@10 |",
        "|---|---|---|---|---|",
    ]
    for code, language in _LANGUAGES.items():
        foreign, library = result["names_foreign_renderings"][code], result["names_library_pictures"][code]
        figures = [part[key] for part in (foreign, library) for key in ("recall_at_1", "recall_at_10")]
        lines.append(f"| {language} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")
    return "\n".join(lines) + "\n"


def _words(by_language: dict[str, Any]) -> str:
    lines = ["| language | words | nDCG@10 | recall@10 |", "|---|---|---|---|"]
    lines += [f"| {language} | {_row(by_language[code])} |" for code, language in _LANGUAGES.items()]
    return "\n".join(lines) + "\n"


def _judged(by_language: dict[str, Any]) -> str:
    lines = ["| language | kind | words | nDCG@10 | recall@10 |", "|---|---|---|---|---|"]
    kinds = {"nowhere": "nowhere", "partly": "partly", "partly_lost": "partly, lost half"}
    for code, language in _LANGUAGES.items():
        lines += [f"| {language} | {label} | {_row(by_language[code][kind])} |" for kind, label in kinds.items()]
    return "\n".join(lines) + "\n"


def _row(scores: dict[str, float]) -> str:
    return f"{scores['queries']:.0f} | {scores['ndcg_at_10']:.3f} | {scores['recall_at_10']:.3f}"
