"""Publishes a folder: looks at each file, reads those that are new, and retires those that are gone."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from damsight_publisher.drafts import draft_of
from damsight_publisher.errors import ItemError
from damsight_publisher.identity import asset_id
from damsight_publisher.publication import Publication
from damsight_publisher.records import Draft, Found, OnProgress, PublishOptions, PublishProgress
from damsight_publisher.scan import Scan, look_at, scan

# Changes when other words are taken from the same file, so that known files are read anew.
EXTRACTION = 1
_FEW = 10


class FolderRun:
    """Publishes the files of one folder."""

    def __init__(
        self,
        root: Path,
        publication: Publication,
        options: PublishOptions,
        *,
        threads: int = 4,
        on_progress: OnProgress,
    ) -> None:
        self._root, self._publication, self._options = root, publication, options
        self._threads, self._on_progress = threads, on_progress
        self._source = publication.report.source
        # An unchanged file under other options makes another event.
        said = (options.acl, options.language, options.gps, options.zone, options.base_url, str(root), EXTRACTION)
        self._under = hashlib.sha256(repr(said).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def publish_all(self, *, is_whole: Callable[[Found], bool] = lambda _found: True) -> Scan:
        """Publish the whole folder.

        Args:
            is_whole: Tells of a file whether it may be published already; others stay as they are.
        """
        found = scan(self._root)
        for problem in found.problems:
            self._publication.report.warn(problem.where, problem.what)
        kept = self.publish([one for one in found.files if is_whole(one)])
        kept |= {asset_id(self._source, one.relative) for one in found.files if not is_whole(one)}
        self._retire_missing(found, kept)
        return found

    def publish(self, files: list[Found]) -> set[str]:
        """Publish these files; returns the ids of those that are media, or could not be read."""
        kept: set[str] = set()
        for done, (found, outcome) in enumerate(self._drafts(files), start=1):
            identity, where = asset_id(self._source, found.relative), str(found.path)
            if isinstance(outcome, ItemError):
                kept.add(identity)
                self._publication.report.fail(where, str(outcome))
            elif outcome == "noted":
                kept.add(identity)
                self._publication.report.counts["unchanged"] += 1
            elif isinstance(outcome, Draft):
                kept.add(identity)
                self._publication.offer(outcome, where)
            else:
                self._publication.report.counts["skipped"] += 1
            self._on_progress(PublishProgress("publish", done, len(files)))
        return kept

    def publish_changed(self, relatives: Iterable[Path]) -> None:
        """Publish files that changed, and retire those that are not there any more, or what was below them."""
        files, gone = [], set()
        living = self._publication.living()
        for relative in sorted(relatives):
            if found := look_at(self._root, relative):
                files.append(found)
            elif self._options.delete_missing is not False:
                gone |= {identity for identity, entry in living.items() if _is_at_or_below(entry.place, relative)}
        kept = self.publish(files)
        unfit = {identity for one in files if (identity := asset_id(self._source, one.relative)) in living}
        self._publication.retire(sorted((gone | unfit) - kept))

    def is_noted(self, found: Found) -> bool:
        """Tell whether Kafka has a file as it is."""
        return self._publication.is_noted(asset_id(self._source, found.relative), self._stamp(found))

    def _stamp(self, found: Found) -> str:
        return f"{found.stamp}|{self._under}"

    def _outcome(self, found: Found) -> Draft | ItemError | str:
        try:
            return draft_of(found, self._source, self._options, self._stamp(found)) or "no media"
        except ItemError as error:
            return error

    def _drafts(self, files: list[Found]) -> Iterator[tuple[Found, Draft | ItemError | str]]:
        """Read ahead in threads, a few files at a time; what comes out keeps the order."""
        waiting: deque[tuple[Found, Future[Draft | ItemError | str]]] = deque()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="read") as pool:
            try:
                for found in files:
                    if self.is_noted(found):
                        yield found, "noted"
                        continue
                    waiting.append((found, pool.submit(self._outcome, found)))
                    if len(waiting) > 4 * self._threads:
                        first, future = waiting.popleft()
                        yield first, future.result()
                while waiting:
                    first, future = waiting.popleft()
                    yield first, future.result()
            finally:
                for _, future in waiting:
                    future.cancel()

    def _retire_missing(self, found: Scan, kept: set[str]) -> None:
        living = self._publication.living()
        missing = [
            identity
            for identity, entry in living.items()
            if identity not in kept and not found.is_unknown(Path(_text(entry.place)))
        ]
        allowed = self._options.delete_missing
        if not missing or allowed is False:
            return
        suspicious = not found.files or (len(missing) > _FEW and 2 * len(missing) > len(living))
        if allowed is None and suspicious:
            self._publication.report.warn(
                str(self._root),
                f"{len(missing):,} of {len(living):,} published files are gone, and nothing was deleted for it. If the "
                f"folder is only not mounted, mount it; if they shall be deleted, add --delete-missing.",
            )
            return
        self._publication.retire(missing)


def _text(place: bytes) -> str:
    return place.decode("utf-8", "surrogateescape")


def _is_at_or_below(place: bytes, relative: Path) -> bool:
    return Path(_text(place)).is_relative_to(relative)
