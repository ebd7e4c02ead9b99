"""Where an asset's thumbnail and preview lie in their store: whoever writes and whoever serves them agree on it."""

import hashlib
import re

_NAME = re.compile(r"^[0-9a-f]{64}-[1-9][0-9]{0,4}[.]webp$")


def asset_folder(asset_id: str) -> str:
    """Return the folder that holds all previews of an asset and of no other, without a slash at its end.

    An asset's id may hold anything, a path out of the store too; its SHA-256 does not. The first two digits keep
    folders small.
    """
    digest = hashlib.sha256(asset_id.encode()).hexdigest()
    return f"{digest[:2]}/{digest}"


def preview_key(asset_id: str, data: bytes, size_px: int) -> str:
    """Return the key of a preview: its content's own digest is in it, so what a key names never changes.

    Args:
        asset_id: Of the asset.
        data: The preview itself, WebP.
        size_px: The longest side that it may have, as the setting says.
    """
    return f"{asset_folder(asset_id)}/{hashlib.sha256(data).hexdigest()}-{size_px}.webp"


def is_preview_of(key: str, asset_id: str) -> bool:
    """Tell whether a key, as a document tells it, is one that `preview_key` makes for this asset."""
    folder, _, name = key.rpartition("/")
    return folder == asset_folder(asset_id) and _NAME.fullmatch(name) is not None
