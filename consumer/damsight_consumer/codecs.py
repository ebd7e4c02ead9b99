"""What the Kafka client needs in order to read any topic, checked before it reads one."""

from importlib import import_module

from damsight_consumer.errors import SourceError

# By import name. A producer chooses how it compresses, so a consumer must know all ways; and without the C code of
# crc32c reading is eight times slower.
NEEDED = {"lz4.frame": "lz4", "snappy": "snappy", "zstandard": "zstd", "crc32c": "crc32c", "gzip": "gzip"}


def require_codecs() -> None:
    """Check that whatever a topic holds can be read.

    Raises:
        SourceError: Something is not installed; it would be found out by the first record that needs it.
    """
    missing = [name for module, name in NEEDED.items() if not _can_import(module)]
    if missing:
        raise SourceError(
            f"records compressed with or checked by {', '.join(missing)} cannot be read, because the Python packages "
            f"for it are not installed. Install them: pip install 'kafka-python[crc32c,lz4,snappy,zstd]'."
        )


def _can_import(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True
