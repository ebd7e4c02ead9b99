"""Vocabularies: labels that tags are suggested from. Files of the operator, or the tags that permitted assets have."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from damsight_schemas.errors import FieldProblem
from damsight_search.conditions.filters import Clause
from damsight_search.errors import RefusedRequestError, SettingsError
from damsight_search.ports import Body, SearchIndex

OWN_TAGS = "tags"
"""The vocabulary that is the tags of the assets that somebody may see."""

MOST_LABELS = 1000
LONGEST = 200
_FEWEST_ASSETS = 2
_LARGEST_FILE = 1 << 20


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the labels of a file: one a line, ``# comment``; each once.

    Raises:
        SettingsError: It cannot be read, holds no label or too many; the message names the file.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise SettingsError(f"the vocabulary {path} is larger than {_LARGEST_FILE:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the vocabulary {path} cannot be read as UTF-8 text: {error}") from error
    labels = _distinct(line.partition("#")[0] for line in text.splitlines())
    if not 1 <= len(labels) <= MOST_LABELS:
        raise SettingsError(f"the vocabulary {path} takes 1 to {MOST_LABELS:,} labels, one a line ({len(labels):,})")
    return labels


class Vocabularies:
    """Knows the vocabularies.

    Args:
        index: For the tags that assets have.
        folder: Of ``NAME.txt``; none: there are no others.
        timeout: As Elasticsearch writes it.
    """

    def __init__(self, index: SearchIndex, folder: Path | None, *, timeout: str) -> None:
        self._index = index
        self._folder = folder
        self._timeout = timeout

    def labels(self, name: str, filters: Sequence[Clause]) -> tuple[str, ...]:
        """Return a vocabulary's labels; of one's own tags the most frequent that two assets have.

        Raises:
            RefusedRequestError: There is none of this name; those that there are, are named.
            SettingsError: Its file cannot be read.
            SearchError: The index does not answer as it should.
        """
        if name == OWN_TAGS:
            return self._tags(filters)
        files = self._files()
        if name not in files:
            names = ", ".join([OWN_TAGS, *files])
            raise RefusedRequestError([FieldProblem("vocabulary", f"takes one of {names} (given: {name!r:.60})")])
        return read_labels(files[name])

    def _files(self) -> dict[str, Path]:
        if self._folder is None or not self._folder.is_dir():
            return {}
        return {path.stem: path for path in sorted(self._folder.glob("*.txt"))}

    def _tags(self, filters: Sequence[Clause]) -> tuple[str, ...]:
        answer = self._index.search(tags_body(filters, timeout=self._timeout))
        buckets: list[dict[str, Any]] = answer.aggregations.get(OWN_TAGS, {}).get("buckets", [])
        return _distinct(str(one["key"]) for one in buckets if one["doc_count"] >= _FEWEST_ASSETS)


def tags_body(filters: Sequence[Clause], *, timeout: str) -> Body:
    """Return the body that counts the tags of permitted assets."""
    return {
        "size": 0,
        "timeout": timeout,
        "track_total_hits": False,
        "query": {"bool": {"filter": list(filters)}},
        "aggs": {OWN_TAGS: {"terms": {"field": "tags", "size": MOST_LABELS}}},
    }


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    """Return each label once, as it is written first."""
    kept: dict[str, str] = {}
    for line in lines:
        label = " ".join(line.split())
        if label and len(label) <= LONGEST:
            kept.setdefault(label.casefold(), label)
    return tuple(kept.values())
