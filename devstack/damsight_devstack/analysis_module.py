"""Compile the module that offers Lucene's analyzers, once, with the Eclipse compiler; Maven lacks the official one."""

import hashlib
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from damsight_devstack.disk_faults import writing
from damsight_devstack.errors import AnalysisNotBuiltError
from damsight_devstack.java import OLDEST, Java

NAME = "damsight-analysis"
_CLASS = "damsight.devstack.LuceneAnalysis"
_COMPILER = "org.eclipse.jdt.internal.compiler.batch.Main"
_SOURCE = "LuceneAnalysis.java"
_TIMEOUT_S = 300


def analysis_jar(cache: Path, *, java: Java, compiler: Path, server_jars: Sequence[Path]) -> Path:
    """Return the module's jar, compiled where the cache does not have it for these very jars.

    Raises:
        AnalysisNotBuiltError: The compiler refuses.
        FolderNotUsableError: The cache cannot be written.
        DiskFullError: The cache's disk is full.
    """
    source = resources.files("damsight_devstack").joinpath("analysis", _SOURCE).read_text(encoding="utf-8")
    # A jar's folder in the cache is named by its hash.
    parts = [source, *sorted(str(jar.parent.name) for jar in (compiler, *server_jars))]
    folder = cache / "analysis" / hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    jar = folder / f"{NAME}.jar"
    if not jar.is_file():
        with writing(folder, choose_another="DAMSIGHT_STACK__CACHE"):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as work:
                (Path(work) / _SOURCE).write_text(source, encoding="utf-8")
                _compile(Path(work), java, compiler, server_jars)
                _pack(Path(work) / "classes", Path(work) / jar.name).replace(jar)
    return jar


def plugin_descriptor(elasticsearch_version: str) -> str:
    """Return what Elasticsearch reads beside the jar."""
    return "".join(
        f"{key}={value}\n"
        for key, value in {
            "name": NAME,
            "description": "Lucene's analyzers under their official names",
            "version": elasticsearch_version,
            "elasticsearch.version": elasticsearch_version,
            "java.version": OLDEST,
            "classname": _CLASS,
        }.items()
    )


def _compile(work: Path, java: Java, compiler: Path, server_jars: Sequence[Path]) -> None:
    class_path = ":".join(map(str, server_jars))
    command = [
        str(java.home / "bin" / "java"), "-cp", str(compiler), _COMPILER, f"-{OLDEST}", "-nowarn", "-cp", class_path,
        "-d", str(work / "classes"), str(work / _SOURCE),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)  # noqa: S603 our own command
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise _not_built(str(failed)) from failed
    if done.returncode:
        raise _not_built((done.stderr or done.stdout).strip())


def _not_built(reason: str) -> AnalysisNotBuiltError:
    return AnalysisNotBuiltError(
        f"The module with Lucene's analyzers could not be compiled: {reason} "
        "Searches work without it, by plain words: set DAMSIGHT_STACK__ANALYSIS=false."
    )


def _pack(classes: Path, jar: Path) -> Path:
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(classes.rglob("*.class")):
            archive.write(file, file.relative_to(classes))
    return jar
