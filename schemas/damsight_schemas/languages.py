"""The languages that words may be analysed in: how Elasticsearch names each, and the field that holds its words."""

from typing import Final

ANALYZERS: Final = {
    "ar": "arabic", "bg": "bulgarian", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi",
    "hu": "hungarian", "it": "italian", "ja": "cjk", "ko": "cjk", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "th": "thai", "tr": "turkish",
    "zh": "cjk",
}  # fmt: skip
"""Elasticsearch's own analyzers by ISO 639-1 code."""

LATIN: Final = ("ca", "cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "sv", "tr")
"""Those written in Latin letters: a short text does not tell which of them it is in."""

ANALYSED: Final = ("title", "tags", "caption", "description", "generated_caption")
"""The fields whose words are held once more for each language."""


DEFAULT: Final = ("en", "de", "fr", "es")
"""The languages that an index is made for where nothing else is set."""


def field_of(language: str) -> str:
    """Return the name of a language's sub-field: ``title.en``; Chinese, Japanese and Korean share ``title.cjk``."""
    return "cjk" if ANALYZERS.get(language) == "cjk" else language
