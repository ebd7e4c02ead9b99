"""One file of tensors in the safetensors format, which holds numbers and runs no code."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from safetensors import SafetensorError, safe_open

from damsight_encoders.errors import ModelError

_PICKLES: Final = (b"PK\x03\x04", b"\x80")
"""How torch.save's zip files, and plain pickles, begin."""


@dataclass(frozen=True)
class TensorFile:
    """A file's content.

    Attributes:
        tensors: By name; of torch or numpy, as asked for.
        metadata: Its own words about itself.
        digest: First 12 hexadecimal digits of its SHA-256.
    """

    tensors: dict[str, Any]
    metadata: dict[str, str]
    digest: str


def read_tensors(file: str, framework: Literal["pt", "np"], *, subject: str, again: str) -> TensorFile:
    """Read a file of tensors, once it is known to be whole.

    Args:
        file: Where it is; ~ is the home folder.
        framework: Torch's tensors or numpy's arrays.
        subject: What the settings say, for messages.
        again: How to come by the file, for messages.

    Raises:
        ModelError: It is not there, is cut off, or is a pickle.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise ModelError(f"{subject}: there is no file {file or '(none is named)'}; {again}")
    try:
        digest = _digest(path)
        with safe_open(path, framework) as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
            metadata = dict(opened.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ModelError(f"{subject}: {_trouble(path, error)}; {again}") from error
    return TensorFile(tensors, metadata, digest)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:12]


def _trouble(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{path.name} cannot be read ({error})"
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith(_PICKLES):
        return f"{path.name} is a pickle, which can run code when it is loaded, and is refused"
    return f"{path.name} is no whole safetensors file ({error})"
