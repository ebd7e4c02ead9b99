"""Find a checkpoint's files, on the hub or in a folder, and check them before anything is loaded."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from damsight_encoders.errors import ModelError

_HUB_ID: Final = re.compile(r"^[\w.-]+(/[\w.-]+)?$")
_WEIGHTS: Final = ("model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors")
_CONFIGURATION: Final = ("*.json", "*.txt", "*.model", "*.jinja")
_UNSAFE: Final = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_NOT_OURS: Final = ("onnx/*", "openvino/*", "*.onnx.json", "README.txt")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose files are all here and whole.

    Attributes:
        name: The hub id, or the folder's own name.
        revision: The hub's commit, or the digest of the folder's weights and configuration (12 hexadecimal digits).
        folder: Where the files are.
        setting: The setting that named it, for messages.
    """

    name: str
    revision: str
    folder: Path
    setting: str

    def read_json(self, path: str) -> Any:
        """Return a JSON file of the checkpoint, or None where it has no such file.

        Raises:
            ModelError: The file is no JSON.
        """
        file = self.folder / path
        if not file.is_file():
            return None
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ModelError(f"{self}: {path} is not JSON ({error}); download the checkpoint again") from error

    def __str__(self) -> str:
        return f"{self.setting}={self.name}"


def find_checkpoint(name: str, revision: str | None, *, setting: str) -> Checkpoint:
    """Find a checkpoint by hub id or folder, download what is missing, and check that it is whole.

    Only safetensors and configuration are ever downloaded: no pickles, no code.

    Raises:
        ModelError: It is not there, cannot be reached, is incomplete, or its weights are pickles.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        _require_whole(folder, f"{setting}={name}")
        return Checkpoint(folder.name, _digest(folder), folder, setting)
    if name.startswith(("/", ".", "~")) or not _HUB_ID.match(name):
        raise ModelError(f"{setting}={name}: there is no such folder; give a folder that exists, or a hub id")
    folder = _download(name, revision, setting)
    _require_whole(folder, f"{setting}={name}")
    return Checkpoint(name, folder.name, folder, setting)


def _download(name: str, revision: str | None, setting: str) -> Path:
    try:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                allow_patterns=[*_WEIGHTS, *_CONFIGURATION],
                ignore_patterns=list(_NOT_OURS),
            )
        )
    except GatedRepoError as error:
        raise ModelError(
            f"{setting}={name}: its owner asks for consent first; accept on its page, then set HF_TOKEN"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelError(
            f"{setting}={name}: the hub has no such checkpoint, and there is no such folder; check the name"
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"{setting}_REVISION={revision}: {name} has no such revision; check the hub's list") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, httpx.HTTPError, OSError) as error:
        raise ModelError(
            f"{setting}={name}: the hub cannot be reached and the checkpoint is not in its cache; download it on a "
            f"machine with access and give its folder: {setting}=/path/to/folder ({error})"
        ) from error


def _require_whole(folder: Path, subject: str) -> None:
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"{subject}: {folder} has no config.json, so it is no checkpoint; give the folder that holds it"
        )
    for weights in _weight_files(folder, subject):
        _require_whole_weights(weights, subject)


def _weight_files(folder: Path, subject: str) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{subject}: {index.name} cannot be read; download the checkpoint again") from error
        missing = [name for name in names if Path(name).name != name or not (folder / name).is_file()]
        if missing:
            raise ModelError(f"{subject}: {', '.join(missing)} is missing; download the checkpoint again")
        return [folder / name for name in names]
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"]
    pickles = sorted(file.name for pattern in _UNSAFE for file in folder.glob(pattern))
    if pickles:
        raise ModelError(
            f"{subject}: its weights are pickles ({', '.join(pickles)}), which can run code when they are loaded; "
            f"take a revision with model.safetensors, or convert it on a machine that may run it: "
            f"AutoModel.from_pretrained(...).save_pretrained(..., safe_serialization=True)"
        )
    raise ModelError(
        f"{subject}: it has no model.safetensors; download the checkpoint again, weights included, or where its owner "
        f"publishes pickles alone (pytorch_model.bin), take a revision with safetensors: its page lists pull requests "
        f"of the hub's converter, named refs/pr/N"
    )


def _require_whole_weights(file: Path, subject: str) -> None:
    """Compare a safetensors file's length with what its header says (the format's own rule)."""
    with file.open("rb") as stream:
        start = stream.read(8)
        length = int.from_bytes(start, "little")
        size = file.stat().st_size
        header = stream.read(length) if length <= size else b""
    try:
        entries = json.loads(header)
        end = max(
            (entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__"),
            default=0,
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ModelError(f"{subject}: {file.name} is no safetensors file; download the checkpoint again") from error
    if size != 8 + length + end:
        raise ModelError(
            f"{subject}: {file.name} has {size:,} bytes where its header says {8 + length + end:,}; "
            f"the download was cut off: download the checkpoint again"
        )


def _digest(folder: Path) -> str:
    """First 12 hexadecimal digits of the SHA-256 over the weights and the configuration, by relative name."""
    patterns = ("*.safetensors", *_CONFIGURATION)
    files = sorted({file for pattern in patterns for file in folder.rglob(pattern) if file.is_file()})
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256")
        total.update(file.relative_to(folder).as_posix().encode() + b"\0" + content.digest())
    return total.hexdigest()[:12]
