"""Assets, their events and their records, as the consumer meets them."""

from typing import Any

from damsight_consumer.plan import version_of
from damsight_consumer.records import Partition, Receipt, Record, Work
from damsight_schemas.asset import AssetMetadata, Media
from damsight_schemas.events import AssetChanged, AssetEvent, ChangedEvent, EventType, changed, deleted, to_structured

SOURCE = "/dams/test"
PARTITION = Partition("dam.assets.v1", 0)


def changed_event(
    asset_id: str = "asset-1",
    revision: int = 1,
    *,
    uri: str | None = "https://dam.example/1.jpg",
    mime_type: str = "image/jpeg",
    acl: list[str] | None = None,
    sha256: str | None = None,
    byte_size: int | None = None,
    **metadata: Any,
) -> ChangedEvent:
    media = Media(uri=uri, mime_type=mime_type, sha256=sha256, byte_size=byte_size) if uri else None
    data = AssetChanged(
        asset_id=asset_id,
        revision=revision,
        media=media,
        metadata=AssetMetadata(**metadata),
        acl=["public"] if acl is None else acl,
    )
    return changed(data, source=SOURCE)


def created_event(asset_id: str = "asset-1", revision: int = 1, **told: Any) -> ChangedEvent:
    return changed_event(asset_id, revision, **told).model_copy(update={"type": EventType.CREATED})


def deleted_event(asset_id: str = "asset-1", revision: int = 2) -> AssetEvent:
    return deleted(asset_id, revision, source=SOURCE)


def record(event: AssetEvent, *, offset: int = 0, partition: Partition = PARTITION, epoch: int = 1) -> Record:
    key, value, headers = to_structured(event)
    return Record(Receipt(partition, offset, epoch), 1_763_712_000_000, key, value, tuple(headers))


def work(event: AssetEvent, *, offset: int = 0) -> Work:
    return Work(record(event, offset=offset), event, version_of(event))
