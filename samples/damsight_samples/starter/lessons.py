"""What the starter is taught in words: names and kept keywords in seven languages, never a judged word."""

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from damsight_samples.words import folded

_TEMPLATES = ("a picture of {}", "a photo of {}", "{} icon", "drawing of a {}", "{} emoji", "pictogram: {}")
_ENGLISH_NAME, _ENGLISH_WORDS, _OTHER_NAME = 0.36, 0.62, 0.82  # cumulated shares; the rest: other languages' words
_TEMPLATED = 0.12


@dataclass(frozen=True)
class Lesson:
    """One text with the classes (row numbers of lessons.jsonl) that it describes."""

    text: str
    classes: tuple[int, ...]


class LessonBook:
    """Draws texts for classes; a keyword's classes are all those that may be taught it."""

    def __init__(self, entries: list[dict[str, object]]) -> None:
        self.asset_ids = [str(entry["asset_id"]) for entry in entries]
        self.characters = [str(entry["character"]) for entry in entries]
        self.names: list[dict[str, str]] = [dict(entry["names"]) for entry in entries]  # type: ignore[call-overload]  # JSON object
        self.keywords: list[dict[str, list[str]]] = [dict(entry["keywords"]) for entry in entries]  # type: ignore[call-overload]  # JSON object
        self._others = [language for language in self.names[0] if language != "en"]
        self._holders: dict[tuple[str, str], set[int]] = defaultdict(set)
        for row, by_language in enumerate(self.keywords):
            for language, words in by_language.items():
                for word in words:
                    self._holders[language, folded(word)].add(row)
        for row, names in enumerate(self.names):
            for language, name in names.items():
                self._holders[language, folded(name)].add(row)

    @classmethod
    def read(cls, path: Path) -> "LessonBook":
        """Read lessons.jsonl as the library's builder writes it."""
        return cls([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])

    def texts(self) -> list[str]:
        """Every text, for the tokenizer."""
        found = [template.format("") for template in _TEMPLATES]
        for names, keywords in zip(self.names, self.keywords, strict=True):
            found += [*names.values(), *(word for words in keywords.values() for word in words)]
        return found

    def draw(self, row: int, chance: random.Random) -> Lesson:
        """A text for one class: its name, one to three of its words, or both, in English or another language."""
        share = chance.random()
        if share < _ENGLISH_NAME:
            return self._named(row, "en", chance)
        if share < _ENGLISH_WORDS:
            return self._worded(row, "en", chance)
        language = chance.choice(self._others)
        return self._named(row, language, chance) if share < _OTHER_NAME else self._worded(row, language, chance)

    def _named(self, row: int, language: str, chance: random.Random) -> Lesson:
        name = self.names[row][language]
        classes = tuple(sorted(self._holders[language, folded(name)]))
        if language == "en" and chance.random() < _TEMPLATED:
            return Lesson(chance.choice(_TEMPLATES).format(name), classes)
        return Lesson(name, classes)

    def _worded(self, row: int, language: str, chance: random.Random) -> Lesson:
        words = self.keywords[row][language]
        if not words:
            return self._named(row, language, chance)
        chosen = chance.sample(words, min(len(words), chance.choice((1, 1, 2, 3))))
        holders = set.intersection(*(self._holders[language, folded(word)] for word in chosen))
        if chance.random() < _TEMPLATED:
            chosen = [*chosen, self.names[row][language]]
            holders = holders & self._holders[language, folded(chosen[-1])] or {row}
        return Lesson(" ".join(chosen), tuple(sorted(holders)))
