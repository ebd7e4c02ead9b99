"""The module with Lucene's analyzers."""

from pathlib import Path

import pytest

from damsight_devstack.analysis_module import analysis_jar
from damsight_devstack.errors import AnalysisNotBuiltError
from damsight_devstack.java import Java


def test_a_compiler_that_fails_is_told_with_the_way_out(tmp_path: Path) -> None:
    """The message names the setting that does without, and nothing half is left in the cache."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'The import org.apache cannot be resolved' >&2\nexit 1\n", encoding="utf-8")
    java.chmod(0o755)
    broken = Java(tmp_path, tmp_path / "libjvm.so", 21, has_vectors=False)
    with pytest.raises(AnalysisNotBuiltError, match=r"cannot be resolved.*DAMSIGHT_STACK__ANALYSIS=false"):
        analysis_jar(tmp_path / "cache", java=broken, compiler=tmp_path / "ecj.jar", server_jars=[])
    assert not list((tmp_path / "cache").rglob("*.jar"))
