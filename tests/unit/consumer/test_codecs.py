"""Nothing begins to read what it cannot unpack."""

import subprocess
import sys

import pytest

from damsight_consumer.codecs import NEEDED, require_codecs

HIDDEN = """
import sys
sys.modules[sys.argv[1]] = None
from damsight_consumer.errors import SourceError
from damsight_consumer.group import join
from damsight_consumer.source import KafkaSource
from damsight_schemas.connections import KafkaSettings
try:
    join(KafkaSettings(bootstrap_servers="127.0.0.1:1"), group_id="g", instance_id=None)
except SourceError as error:
    print(error)
"""


def test_an_installation_as_ours_reads_everything() -> None:
    """The extras that the package asks for are enough."""
    require_codecs()


@pytest.mark.parametrize("module", ["lz4.frame", "snappy", "zstandard", "crc32c"])
def test_what_is_missing_is_named_with_what_to_install(module: str) -> None:
    """One package is hidden from a process of its own."""
    ran = subprocess.run([sys.executable, "-c", HIDDEN, module], capture_output=True, text=True, check=True)
    assert f"by {NEEDED[module]} cannot be read" in ran.stdout
    assert "kafka-python[crc32c,lz4,snappy,zstd]" in ran.stdout
