"""Which language words are in: told by their script, or for longer texts by what py3langid makes of them."""

import re
import unicodedata
from functools import cache
from threading import Lock, Thread

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from damsight_schemas.languages import LATIN

SHORTEST_TOLD = 15
"""Letters that a text in Latin script needs for its language to be told: of shorter ones the guess is mostly wrong."""

FEWEST_WORDS = 3
SURE = 0.7
"""The probability among the languages that are analysed, below which the language stays undetermined."""

_BY_SCRIPT = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th",
    "DEVANAGARI": "hi", "ARMENIAN": "hy", "GEORGIAN": "ka", "CYRILLIC": "ru", "ARABIC": "ar", "CJK": "zh",
}  # fmt: skip
# Letters that the commonest language of a script does not have.
_BY_LETTER = (
    (re.compile("[іїєґ]"), "uk"),
    (re.compile("[پچژگ]"), "fa"),
    (re.compile("[ٹڈڑں]"), "ur"),
)
_loading = Lock()


def language_of(text: str) -> str | None:
    """Return the language as ISO 639-1 has it; none where nothing tells."""
    folded = text.lower()
    scripts = scripts_of(folded)
    for letters, language in _BY_LETTER:
        if letters.search(folded):
            return language
    # Japanese and Korean write Chinese characters too, so theirs are asked first.
    told = next((language for script, language in _BY_SCRIPT.items() if script in scripts), None)
    if told is not None or "LATIN" not in scripts:
        return told
    return _guessed(text)


def scripts_of(text: str) -> set[str]:
    """Return the scripts of a text's letters, as Unicode's character names begin."""
    return {_script(character) for character in text if character.isalpha()}


def load_in_background() -> None:
    """Begin to read the model, which takes a second, before somebody waits for it."""
    Thread(target=_identifier, name="language-model", daemon=True).start()


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def _guessed(text: str) -> str | None:
    if len(text) < SHORTEST_TOLD or len(text.split()) < FEWEST_WORDS:
        return None
    language, probability = _identifier().classify(text)
    return str(language) if probability >= SURE else None


def _identifier() -> LanguageIdentifier:
    # The cache alone would let two threads read the model at once.
    with _loading:
        return _read()


@cache
def _read() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LATIN))
    return identifier
