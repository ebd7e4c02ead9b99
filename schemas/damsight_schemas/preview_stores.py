"""How the store of previews is opened, alike for whoever fills and whoever reads it. Pure: fsspec takes what is told.

The rest is the address (`damsight_schemas.connections.PreviewSettings`) and the keys (`damsight_schemas.preview_keys`).
"""

from typing import Any

_BUCKETS = ("s3://", "s3a://")


def client_options(url: str, *, tries: int, connect_s: float, read_s: float) -> dict[str, Any]:
    """Return what a store's client is given beside its address: how long it waits, where it can wait at all.

    Args:
        url: Of the store.
        tries: Of the client itself, the first included.
        connect_s: Until it is connected.
        read_s: Until an answer goes on.
    """
    if not url.startswith(_BUCKETS):
        return {}
    retries = {"max_attempts": tries, "mode": "standard"}
    return {"config_kwargs": {"connect_timeout": connect_s, "read_timeout": read_s, "retries": retries}}


def not_opened(url: str, error: Exception) -> str:
    """Return the words for an address that nothing installed knows."""
    return (
        f"DAMSIGHT_PREVIEWS__URL names {url}, which cannot be opened here: {error}. For s3:// install the "
        f"extra: pip install 'damsight[s3]'; other kinds need their own fsspec package"
    )
