"""What a server's own process is told: the Java to load, its options, the class path, the server's files."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Launch:
    """One server process. `jvm_options` are as for `java`; `settings` is the server's own key and value pairs."""

    libjvm: str
    jvm_options: tuple[str, ...]
    class_path: tuple[str, ...]
    home: str
    settings: dict[str, str]
    uses_modules: bool = False

    def write(self, path: Path) -> None:
        """Write it as JSON where the server's process reads it."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read_launch(path: Path) -> Launch:
    """Read what `Launch.write` wrote."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return Launch(
        libjvm=told["libjvm"],
        jvm_options=tuple(told["jvm_options"]),
        class_path=tuple(told["class_path"]),
        home=told["home"],
        settings=told["settings"],
        uses_modules=told["uses_modules"],
    )
