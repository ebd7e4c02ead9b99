"""Where the sample library and the starter checkpoint are."""

from dataclasses import dataclass
from pathlib import Path

from damsight_cli.demonstration.errors import DemoError

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Samples:
    """The project's own pictures and its own small model.

    Attributes:
        library: The JSONL of assets; its media paths are relative to it.
        starter: The starter checkpoint's folder.
    """

    library: Path
    starter: Path


def find_samples() -> Samples:
    """Return the samples of this clone.

    Raises:
        DemoError: The package was installed without the repository around it.
    """
    folder = REPOSITORY / "samples"
    samples = Samples(folder / "library" / "library.jsonl", folder / "starter" / "checkpoint")
    if not samples.library.is_file() or not samples.starter.is_dir():
        raise DemoError(
            f"the sample library is not beside the installed package (looked in {folder}); "
            "run `make demo` in a clone of the repository"
        )
    return samples
