"""Publishes a JSONL file, line by line; a bad line is told with its number, and the rest goes on."""

from pathlib import Path

from damsight_publisher.errors import ItemError
from damsight_publisher.lines import draft_of_line, lines_of
from damsight_publisher.publication import Publication
from damsight_publisher.records import OnProgress, PublishOptions, PublishProgress


def publish_lines(path: Path, publication: Publication, options: PublishOptions, *, on_progress: OnProgress) -> None:
    """Publish every line.

    Raises:
        SourceError: The file cannot be read.
        BrokerError: Kafka takes nothing.
        JournalError: It cannot be noted.
    """
    total = sum(1 for _ in lines_of(path))
    seen: set[str] = set()
    for done, line in enumerate(lines_of(path), start=1):
        where = f"{path.name}, line {line.number}"
        try:
            draft = draft_of_line(line, path.parent, options)
        except ItemError as error:
            publication.report.fail(where, str(error))
        else:
            seen.add(draft.asset_id)
            publication.offer(draft, where)
        on_progress(PublishProgress("publish", done, total))
    # A line that cannot be read might have been any asset: then nothing is known to be missing.
    if options.delete_missing and not publication.report.problems:
        publication.retire(sorted(set(publication.living()) - seen))
