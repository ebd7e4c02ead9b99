"""Bring the locked jars into the user's cache: in parallel, each verified before it gets its name."""

import hashlib
import os
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

import httpx

from damsight_devstack.disk_faults import writing
from damsight_devstack.errors import DownloadError, JarCorruptedError
from damsight_devstack.jar_lock import Jar
from damsight_devstack.progress import OnProgress, StackProgress, silent

CONNECTIONS = 8
ATTEMPTS = 3
TIMEOUT = httpx.Timeout(30.0, connect=15.0)


def cached_path(cache: Path, jar: Jar) -> Path:
    """Where the cache keeps a jar: the hash is in the path, so a new lock never meets an old file."""
    return cache / "jars" / jar.sha256[:16] / jar.path.name


def fetch_jars(
    jars: Sequence[Jar], *, cache: Path, repository: str, on_progress: OnProgress = silent
) -> dict[Jar, Path]:
    """Make every jar present in the cache and return where; what is there and whole is not fetched again.

    Raises:
        DownloadError: The repository cannot be reached or refuses.
        JarCorruptedError: What came is not what the lock states.
        DiskFullError: The cache's disk is full.
        FolderNotUsableError: The cache cannot be written.
    """
    paths = {jar: cached_path(cache, jar) for jar in jars}
    missing = [jar for jar, path in paths.items() if not _is_whole(path, jar)]
    for jar in missing:
        if paths[jar].exists():
            on_progress(StackProgress("note", f"{paths[jar]} is damaged: fetching {jar.coordinate} anew."))
    if missing:
        _fetch_all(missing, paths, repository, _Meter(sum(jar.bytes for jar in missing), on_progress))
    return paths


def _is_whole(path: Path, jar: Jar) -> bool:
    """Whether the cached file is the locked one; a damaged one is fetched anew, never run."""
    if not path.is_file() or path.stat().st_size != jar.bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256


class _Meter:
    """Counts bytes over all connections and tells the listener at each hundredth."""

    def __init__(self, total: int, on_progress: OnProgress) -> None:
        self._total, self._on_progress = total, on_progress
        self._done, self._told = 0, -1
        self._lock = threading.Lock()
        self.stopped = threading.Event()
        self.add(0)

    def check_wanted(self) -> None:
        """Leave a download that nobody waits for any more."""
        if self.stopped.is_set():
            raise DownloadError("The download was given up: another jar failed, or the start was interrupted.")

    def add(self, count: int) -> None:
        with self._lock:
            self._done += count
            percent = 100 * self._done // self._total
            if percent == self._told:
                return
            self._told = percent
            self._on_progress(StackProgress("download", "Fetching Kafka and Elasticsearch", self._done, self._total))


def _fetch_all(jars: list[Jar], paths: dict[Jar, Path], repository: str, meter: _Meter) -> None:
    limits = httpx.Limits(max_connections=CONNECTIONS)
    # The largest first: a long one started last would be alone at the end.
    ordered = sorted(jars, key=lambda jar: -jar.bytes)
    with (
        httpx.Client(timeout=TIMEOUT, limits=limits, follow_redirects=True) as client,
        ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="jars") as pool,
    ):
        try:
            futures = [pool.submit(_fetch, client, repository, jar, paths[jar], meter) for jar in ordered]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            meter.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _fetch(client: httpx.Client, repository: str, jar: Jar, path: Path, meter: _Meter) -> None:
    url = f"{repository.rstrip('/')}/{jar.path}"
    for attempt in range(1, ATTEMPTS + 1):
        meter.check_wanted()
        try:
            _fetch_once(client, url, jar, path, meter)
        except httpx.HTTPError as broken:
            if attempt == ATTEMPTS or _is_final(broken):
                raise DownloadError(
                    f"{jar.coordinate} could not be fetched from {repository}: {_reason(broken)}. Check the "
                    "network and any proxy (HTTPS_PROXY), or name a mirror in DAMSIGHT_STACK__REPOSITORY; what "
                    "was fetched is kept, so run it again."
                ) from broken
            meter.stopped.wait(attempt)
        else:
            return


def _is_final(broken: httpx.HTTPError) -> bool:
    """Whether asking again cannot help: the repository answered, and it is the caller's mistake."""
    refused = isinstance(broken, httpx.HTTPStatusError) and broken.response.status_code < 500  # noqa: PLR2004 RFC 9110: 5xx is the server's fault
    return refused or isinstance(broken, httpx.UnsupportedProtocol)


def _reason(broken: httpx.HTTPError) -> str:
    if isinstance(broken, httpx.HTTPStatusError):
        return f"it answered HTTP {broken.response.status_code}"
    return f"{type(broken).__name__}: {broken}"


def _fetch_once(client: httpx.Client, url: str, jar: Jar, path: Path, meter: _Meter) -> None:
    """Write to a name of our own, verify, then rename: nobody ever sees half a jar."""
    counted = 0
    with writing(path.parent, choose_another="DAMSIGHT_STACK__CACHE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
        try:
            digest = hashlib.sha256()
            with os.fdopen(handle, "wb") as file, client.stream("GET", url) as response:
                response.raise_for_status()
                for chunk in response.iter_bytes(1 << 16):
                    meter.check_wanted()
                    file.write(chunk)
                    digest.update(chunk)
                    meter.add(len(chunk))
                    counted += len(chunk)
            _verify(digest.hexdigest(), counted, jar, url)
            Path(partial).replace(path)
        except BaseException:
            meter.add(-counted)
            Path(partial).unlink(missing_ok=True)
            raise


def _verify(digest: str, size: int, jar: Jar, url: str) -> None:
    if digest != jar.sha256:
        raise JarCorruptedError(
            f"{jar.coordinate} from {url} is not the locked file: {size} bytes with SHA-256 {digest}, but the lock "
            f"states {jar.bytes} bytes with {jar.sha256}. A proxy or mirror may have changed it: fetch it from "
            "another repository (DAMSIGHT_STACK__REPOSITORY) and do not use this one."
        )
