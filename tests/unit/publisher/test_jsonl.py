"""A JSONL file becomes events, line by line."""

import json
from typing import Any

from examples.described_pictures import jpeg


def line(asset_id: str, **fields: Any) -> str:
    return json.dumps({"asset_id": asset_id, **fields}) + "\n"


def test_lines_become_events(workplace: Any) -> None:
    """A line's own revision, address, words and access list go into its event; the rest is found out."""
    path = jpeg(workplace.root / "pictures" / "a.jpg")
    report = workplace.run_lines(
        line("a", revision=7, media={"uri": "pictures/a.jpg"}, metadata={"title": "Pier"}, acl=["user:anna"])
        + "\n"
        + line("b", media={"uri": "https://media.example.org/b.jpg", "mime_type": "image/jpeg"}),
        language="en",
    )
    assert report.counts["created"] == 2
    first, second = workplace.sink.taken
    assert (first.data.asset_id, first.data.revision, first.data.acl) == ("a", 7, ["user:anna"])
    assert first.data.media.uri == path.as_uri()
    assert first.data.media.mime_type == "image/jpeg"
    assert first.data.media.byte_size == path.stat().st_size
    assert (first.data.metadata.title, first.data.metadata.language) == ("Pier", "en")
    assert (second.data.acl, second.data.media.uri) == (["public"], "https://media.example.org/b.jpg")


def test_bad_lines_are_told_by_number_and_the_rest_goes_on(workplace: Any) -> None:
    """Each bad line fails alone, with its number, the field, and what it takes."""
    report = workplace.run_lines(
        line("good")
        + "no json\n"
        + line("bad-revision", revision=0)
        + line("typo", metdata={"title": "x"})
        + line("missing-file", media={"uri": "nowhere.jpg"})
        + line("no-type", media={"uri": "https://media.example.org/x"})
        + "[1, 2]\n"
        + line("bad-acl", acl=["everybody"])
        + line("good-2")
    )
    assert report.counts["created"] == 2
    told = [str(problem) for problem in report.problems]
    assert [text.partition(":")[0] for text in told] == [f"assets.jsonl, line {number}" for number in range(2, 9)]
    for text, part in zip(
        told,
        ["is no JSON", "revision", "metdata", "nowhere.jpg cannot be read", "media.mime_type", "object", "acl.0"],
        strict=True,
    ):
        assert part in text


def test_a_second_run_publishes_nothing_and_a_changed_line_does(workplace: Any) -> None:
    """Lines that Kafka has are unchanged; other words make an update."""
    workplace.run_lines(line("a") + line("b"))
    report = workplace.run_lines(line("a", metadata={"title": "new"}) + line("b"))
    assert (report.counts["updated"], report.counts["unchanged"]) == (1, 1)


def test_a_revision_that_does_not_grow_is_refused(workplace: Any) -> None:
    """Other content under a revision that was used would be ignored by every consumer; so it is told."""
    workplace.run_lines(line("a", revision=7))
    report = workplace.run_lines(line("a", revision=7, metadata={"title": "new"}))
    assert "7 is not greater than 7" in str(report.problems[0])
    assert workplace.run_lines(line("a", revision=8, metadata={"title": "new"})).counts["updated"] == 1


def test_deletions(workplace: Any) -> None:
    """A line may say that an asset is gone; lines that are not there any more are deleted only when asked."""
    workplace.run_lines(line("a") + line("b") + line("c"))
    assert workplace.run_lines(line("a", deleted=True) + line("b")).counts["deleted"] == 1
    assert workplace.run_lines(line("b"), delete_missing=True).counts["deleted"] == 1
    assert [event.data.asset_id for event in workplace.sink.taken[-2:]] == ["a", "c"]


def test_missing_lines_are_kept_where_a_line_is_bad(workplace: Any) -> None:
    """A bad line may be any asset: then nothing is deleted as missing."""
    workplace.run_lines(line("a") + line("b"))
    assert workplace.run_lines(line("a") + "broken\n", delete_missing=True).counts["deleted"] == 0


def test_the_same_asset_twice_in_one_file(workplace: Any) -> None:
    """Two lines of one asset are two revisions in order; the same line twice is one event."""
    workplace.run_lines(line("a", revision=1) + line("a", revision=1) + line("a", revision=2))
    assert [event.data.revision for event in workplace.sink.taken] == [1, 2]


def test_a_line_of_five_megabytes_is_refused(workplace: Any) -> None:
    """A line larger than an event may be fails alone, and is not taken for two lines."""
    report = workplace.run_lines(line("big", metadata={"caption": "x" * 5_000_000}) + line("good"))
    assert report.counts["failed"] == 1
    assert "line 1" in str(report.problems[0])
    assert [event.data.asset_id for event in workplace.sink.taken] == ["good"]


def test_broken_unicode_is_told(workplace: Any) -> None:
    """Bytes that are no UTF-8, and lone surrogates, fail by line."""
    report = workplace.run_lines(b'{"asset_id": "\xff"}\n{"asset_id": "\\ud800"}\n' + line("good").encode())
    assert report.counts["failed"] == 2
    assert report.counts["created"] == 1
