"""Reads names and keywords from Unicode CLDR's npm packages, and groups from unicode-emoji-json."""

import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "es", "zh", "ja", "ar")
CLDR_PACKAGE = "cldr-annotations-full@48.2.0"
GROUPS_PACKAGE = "unicode-emoji-json@0.9.0"
_VARIATION = "\ufe0f"
_NOT_PICTURES = {"#", "*", *"0123456789"}  # drawn as plain text until a keycap encloses them


class AnnotationsUnavailableError(RuntimeError):
    """An npm package could not be fetched or lacks what is expected in it."""


@dataclass(frozen=True)
class Annotated:
    """One character with its names and keywords per language, and its emoji group and version."""

    character: str
    group: str
    emoji_version: str
    names: dict[str, str]
    keywords: dict[str, tuple[str, ...]]

    @property
    def code(self) -> str:
        """The code points in hexadecimal, joined by hyphens, without variation selectors."""
        return "-".join(f"{ord(part):x}" for part in self.character if part != _VARIATION)


def fetch_package(package: str, folder: Path) -> Path:
    """Unpack one npm package under the folder and return its root; AnnotationsUnavailableError when npm fails."""
    target = folder / package.partition("@")[0]
    root = target / "package"
    if root.is_dir():
        return root
    target.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", package, "--pack-destination", str(target), "--silent"]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", "") or str(error)
        raise AnnotationsUnavailableError(f"npm could not fetch {package}: {detail.strip()}") from error
    with tarfile.open(target / done.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(target, filter="data")
    return root


def read_annotations(cldr: Path, groups: Path) -> list[Annotated]:
    """All characters that are emoji with a name in each language, in CLDR's order."""
    by_language = {language: _read_language(cldr, language) for language in LANGUAGES}
    emoji = json.loads((groups / "data-by-emoji.json").read_text(encoding="utf-8"))
    known = {character.replace(_VARIATION, ""): entry for character, entry in emoji.items()}
    found = []
    for character in by_language["en"]:
        entry = known.get(character.replace(_VARIATION, ""))
        if entry is None or character in _NOT_PICTURES:
            continue
        if all("tts" in by_language[language].get(character, {}) for language in LANGUAGES):
            found.append(_annotated(character, entry, by_language))
    return found


def _annotated(
    character: str, entry: dict[str, str], by_language: dict[str, dict[str, dict[str, list[str]]]]
) -> Annotated:
    own = {language: by_language[language][character] for language in LANGUAGES}
    return Annotated(
        character=character,
        group=entry["group"],
        emoji_version=entry["emoji_version"],
        names={language: data["tts"][0].strip() for language, data in own.items()},
        keywords={language: tuple(word.strip() for word in data.get("default", [])) for language, data in own.items()},
    )


def _read_language(cldr: Path, language: str) -> dict[str, dict[str, list[str]]]:
    path = cldr / "annotations" / language / "annotations.json"
    if not path.is_file():
        raise AnnotationsUnavailableError(f"{path} is missing: is {CLDR_PACKAGE} the package that was unpacked?")
    content: dict[str, dict[str, list[str]]] = json.loads(path.read_text(encoding="utf-8"))["annotations"][
        "annotations"
    ]
    return content
