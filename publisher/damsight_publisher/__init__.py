"""Folders and JSONL files to asset events in Kafka, for people without a DAM at hand."""

from damsight_publisher.bootstrap import publish_folder, publish_jsonl, watch_folder
from damsight_publisher.errors import PublishError
from damsight_publisher.records import PublishOptions, PublishProgress, PublishReport
from damsight_publisher.settings import PublisherSettings, load_settings

__all__ = [
    "PublishError",
    "PublishOptions",
    "PublishProgress",
    "PublishReport",
    "PublisherSettings",
    "load_settings",
    "publish_folder",
    "publish_jsonl",
    "watch_folder",
]
