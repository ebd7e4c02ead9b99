"""Asset events as plain JSON: a good one, and each way of being a bad one."""

from typing import Any

import pytest


def body(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e-1",
        "type": "dam.asset.created.v1",
        "source": "/dams/press",
        "subject": "asset-42",
        "time": "2026-11-21T08:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "asset_id": "asset-42",
            "revision": 7,
            "media": {"uri": "https://dam.example/42.jpg", "mime_type": "image/jpeg", "sha256": "", "byte_size": 123},
            "metadata": {"title": "Élan", "tags": ["a"], "created_at": "", "attributes": {"n": 1}},
            "acl": ["public", "group:press", "user:anna"],
        },
    }
    return {**whole, **changes}


def with_data(**changes: Any) -> dict[str, Any]:
    whole = body()
    return {**whole, "data": {**whole["data"], **changes}}


BAD_EVENTS = [
    pytest.param(body(specversion="2.0"), "specversion", id="unknown-version"),
    pytest.param(body(type="dam.asset.created.v2"), "type", id="unknown-type"),
    pytest.param({k: v for k, v in body().items() if k != "type"}, "type", id="no-type"),
    pytest.param({k: v for k, v in body().items() if k != "id"}, "id", id="no-id"),
    pytest.param(body(id=""), "id", id="empty-id"),
    pytest.param(body(source=""), "source", id="empty-source"),
    pytest.param({k: v for k, v in body().items() if k != "data"}, "data", id="no-data"),
    pytest.param(body(subject="other"), "subject", id="subject-of-another-asset"),
    pytest.param(body(time="yesterday"), "time", id="bad-time"),
    pytest.param(body(time="2026-11-21T08:00:00"), "time", id="time-without-zone"),
    pytest.param(body(time=1763712000), "time", id="time-as-number"),
    pytest.param(body(datacontenttype="text/xml"), "datacontenttype", id="xml"),
    pytest.param(with_data(revision=0), "data.revision", id="revision-zero"),
    pytest.param(with_data(revision=-3), "data.revision", id="revision-negative"),
    pytest.param(with_data(revision="7"), "data.revision", id="revision-text"),
    pytest.param(with_data(revision=7.5), "data.revision", id="revision-fraction"),
    pytest.param(with_data(revision=True), "data.revision", id="revision-boolean"),
    pytest.param(with_data(revision=2**60), "data.revision", id="revision-too-big"),
    pytest.param(with_data(asset_id=""), "data.asset_id", id="no-asset-id"),
    pytest.param(with_data(asset_id="x" * 513), "data.asset_id", id="asset-id-too-long"),
    pytest.param(with_data(asset_id="a\nb"), "data.asset_id", id="asset-id-with-newline"),
    pytest.param(with_data(acl=["everybody"]), "data.acl.0", id="unknown-principal"),
    pytest.param(with_data(acl=None), "data.acl", id="acl-null"),
    pytest.param(with_data(media={"uri": "ftp://x/y", "mime_type": "image/jpeg"}), "data.media.uri", id="ftp"),
    pytest.param(with_data(media={"uri": "https://x/y", "mime_type": "jpeg"}), "data.media.mime_type", id="mime"),
    pytest.param(
        with_data(media={"uri": "https://x/y", "mime_type": "image/jpeg", "byte_size": -1}),
        "data.media.byte_size",
        id="negative-size",
    ),
    pytest.param(
        with_data(media={"uri": "https://x/y", "mime_type": "image/jpeg", "sha256": "abc"}),
        "data.media.sha256",
        id="bad-digest",
    ),
    pytest.param(with_data(metadata={"created_at": "21.11.2026"}), "data.metadata.created_at", id="bad-created-at"),
    pytest.param(with_data(metadata={"language": "en_US!"}), "data.metadata.language", id="bad-language"),
    pytest.param(with_data(metadata={"title": 5}), "data.metadata.title", id="title-number"),
    pytest.param(with_data(metadata={"tags": "a,b"}), "data.metadata.tags", id="tags-as-text"),
    pytest.param(
        with_data(metadata={"attributes": {"blob": "x" * 2_000_000}}), "data.metadata.attributes", id="2-MB-attribute"
    ),
    pytest.param(
        with_data(metadata={"attributes": {str(n): "x" * 20_000 for n in range(20)}}),
        "data.metadata.attributes",
        id="many-attributes",
    ),
    pytest.param(with_data(metadata={"description": "x" * 300_000}), "data.metadata.description", id="long-text"),
]
