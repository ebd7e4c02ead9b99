"""Describes a picture as the publisher does."""

from pathlib import Path
from typing import Any

from damsight_publisher.metadata.compose import compose
from damsight_publisher.metadata.embedded import read_embedded
from damsight_publisher.records import PublishOptions
from damsight_schemas.asset import AssetMetadata


def described(path: Path, **options: Any) -> tuple[AssetMetadata, tuple[str, ...]]:
    chosen = PublishOptions(zone="UTC", **options)
    words, notes = read_embedded(path, chosen.language)
    return compose(Path("trips") / "2019" / path.name, 1_700_000_000.0, words, chosen), notes
