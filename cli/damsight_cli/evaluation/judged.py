"""Judged queries: what was asked, and which assets are right.

Judgements are TREC qrels (query_id, iteration, asset_id, grade; separated by blanks, or by tabs where ids hold blanks;
a grade above 0 is relevant). The queries stand beside them: query_id, language, kind, text, separated by tabs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from damsight_cli.evaluation.errors import JudgementsError

HEADER = ("query_id", "language", "kind", "text")
UNDETERMINED = "und"
"""The language of a query of which nobody told it (BCP 47)."""
_QREL_COLUMNS = 4
_TOLD = 5


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """One query and what is known of its answers.

    Attributes:
        language: ISO 639-1, or "und".
        kind: Of the judgements, as whoever made them says; figures are told for each.
        grades: Of the judged assets: 0 is wrong, 1 and more is right, more so the higher.
        like: Assets that the hits should be like.
    """

    query_id: str
    language: str
    kind: str
    text: str
    grades: Mapping[str, int]
    like: tuple[str, ...] = ()


def read_judged(qrels: Path, queries: Path) -> list[JudgedQuery]:
    """Return the judged queries in the order of their file; those that nobody judged are left out.

    Raises:
        JudgementsError: A file is not there, a line is none, or judgements are of a query that is not in the file.
    """
    grades = _grades(qrels)
    asked = {query.query_id: query for query in _queries(queries, grades)}
    unknown = [query_id for query_id in grades if query_id not in asked]
    if unknown:
        raise JudgementsError(
            f"{qrels} judges {len(unknown)} queries that {queries} does not hold: {some(unknown)}. "
            f"Add their lines there, or name another file with --queries."
        )
    return [query for query in asked.values() if query.grades]


def write_judged(folder: Path, judged: Sequence[JudgedQuery]) -> None:
    """Write ``judgements.tsv`` and ``queries.tsv`` into a folder, as `read_judged` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["\t".join(HEADER)] + [
        "\t".join([one.query_id, one.language, one.kind, " ".join(one.text.split())]) for one in judged
    ]
    lines = [f"{one.query_id}\t0\t{asset_id}\t{grade}" for one in judged for asset_id, grade in one.grades.items()]
    (folder / "queries.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "judgements.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def some(names: Sequence[str]) -> str:
    """Return the first few names, and how many there are besides."""
    rest = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {rest} more" if rest > 0 else "")


def _grades(qrels: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    for place, line in _lines(qrels):
        parts = line.split("\t") if "\t" in line else line.split()
        if len(parts) != _QREL_COLUMNS or not parts[3].strip().lstrip("-").isdigit():
            raise JudgementsError(f"{place}: takes query_id, 0, asset_id and a whole number (given: {line[:80]!r})")
        grades.setdefault(parts[0], {})[parts[2]] = int(parts[3])
    if not any(grade > 0 for judged in grades.values() for grade in judged.values()):
        raise JudgementsError(f"{qrels} tells no relevant asset at all, so nothing can be measured.")
    return grades


def _queries(queries: Path, grades: Mapping[str, Mapping[str, int]]) -> Iterator[JudgedQuery]:
    seen: set[str] = set()
    for place, line in _lines(queries):
        parts = line.split("\t")
        if tuple(parts) == HEADER:
            continue
        if len(parts) != len(HEADER) or not parts[3].strip():
            raise JudgementsError(f"{place}: takes {', '.join(HEADER)}, separated by tabs (given: {line[:80]!r})")
        if parts[0] in seen:
            raise JudgementsError(f"{place}: the query {parts[0]!r} stands there twice.")
        seen.add(parts[0])
        yield JudgedQuery(parts[0], parts[1] or UNDETERMINED, parts[2], parts[3].strip(), grades.get(parts[0], {}))


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise JudgementsError(f"{file} is not there.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise JudgementsError(f"{file} cannot be read: {error}.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield f"{file}:{number}", line
