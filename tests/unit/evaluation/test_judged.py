"""Judged queries are read as TREC writes them, and what is wrong is named with its file and line."""

from pathlib import Path

import pytest

from damsight_cli.evaluation.errors import JudgementsError
from damsight_cli.evaluation.judged import JudgedQuery, read_judged, write_judged

QUERIES = (
    "query_id\tlanguage\tkind\ttext\nq1\ten\tpartly\tred boat\nq2\tde\tnowhere\tHafen\nq3\ten\tpartly\tnobody judged\n"
)


def files(folder: Path, qrels: str, queries: str = QUERIES) -> tuple[Path, Path]:
    (folder / "judgements.tsv").write_text(qrels, encoding="utf-8")
    (folder / "queries.tsv").write_text(queries, encoding="utf-8")
    return folder / "judgements.tsv", folder / "queries.tsv"


def test_queries_come_with_their_grades(tmp_path: Path) -> None:
    """Blanks or tabs, zeros and comments; what nobody judged is left out."""
    judged = read_judged(*files(tmp_path, "# by Anna\nq1 0 asset-1 2\nq1 0 asset-2 0\n\nq2\t0\ta blank id\t1\n"))
    assert judged == [
        JudgedQuery("q1", "en", "partly", "red boat", {"asset-1": 2, "asset-2": 0}),
        JudgedQuery("q2", "de", "nowhere", "Hafen", {"a blank id": 1}),
    ]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Judgements from feedback can be kept and mended by hand."""
    judged = [JudgedQuery("q1", "und", "feedback", "red boat", {"asset-1": 2, "a b": 0})]
    write_judged(tmp_path / "kept", judged)
    assert read_judged(tmp_path / "kept" / "judgements.tsv", tmp_path / "kept" / "queries.tsv") == judged


@pytest.mark.parametrize(
    ("qrels", "queries", "says"),
    [
        ("q1 0 asset-1\n", QUERIES, r"judgements.tsv:1: takes query_id"),
        ("q1 0 asset-1 high\n", QUERIES, r"judgements.tsv:1: takes query_id"),
        ("q1 0 asset-1 0\n", QUERIES, r"no relevant asset"),
        ("q9 0 asset-1 1\nq8 0 asset-1 1\n", QUERIES, r"2 queries that .*queries.tsv does not hold: q9, q8"),
        ("q1 0 asset-1 1\n", "q1\ten\tpartly\n", r"queries.tsv:1: takes query_id, language"),
        ("q1 0 asset-1 1\n", QUERIES + "q1\ten\tpartly\tagain\n", r"queries.tsv:5: the query 'q1' stands there twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, qrels: str, queries: str, says: str) -> None:
    """File, line and what is taken instead; a query that is judged and not told is named."""
    with pytest.raises(JudgementsError, match=says):
        read_judged(*files(tmp_path, qrels, queries))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(JudgementsError, match=r"nowhere\.tsv is not there"):
        read_judged(tmp_path / "nowhere.tsv", tmp_path / "queries.tsv")
