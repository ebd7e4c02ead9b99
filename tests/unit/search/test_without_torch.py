"""The plugin with remote encoders needs no torch: neither by what it asks for, nor when it runs."""

import json
import re
import subprocess
from pathlib import Path

from contract.search_service_contract import picture_of
from damsight_encoders.ports import Encoders
from damsight_encoders.service.bootstrap import serve_encoders
from damsight_encoders.settings import EncodeServeSettings
from drivers.bare_environment import ROOT, bare_command, closure, link_packages
from e2e.driving import served
from fakes.encoders import FakeJointEncoder, FakeTextEncoder

_HEAVY = re.compile(r"^(torch|torchvision|transformers|triton|nvidia-.*|cuda-.*)$")


def test_what_a_search_asks_for_holds_no_torch() -> None:
    """Neither damsight[search] nor anything that it brings is torch or of CUDA, and each is pinned by the lock."""
    brought = closure("damsight[search]")
    assert [name for name in brought if _HEAVY.match(name)] == []
    locked = set(
        re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(brought) - {"damsight"} <= locked
    # The same walk finds torch where it is asked for, so that it would find it here too.
    assert "torch" in closure("damsight[encode]")


def test_a_search_runs_where_no_torch_is(tmp_path: Path) -> None:
    """In a Python that has what damsight[search] brings and nothing else: words, a picture and a heat map, by HTTP."""
    packages = tmp_path / "packages"
    packages.mkdir()
    link_packages(closure("damsight[search]"), packages)
    picture = tmp_path / "blue.png"
    picture.write_bytes(picture_of("blue"))
    command, environment = bare_command(packages)
    app = serve_encoders(Encoders(joint=FakeJointEncoder(), caption=FakeTextEncoder()), EncodeServeSettings())
    with served(app) as address:
        done = subprocess.run(
            [*command, "-m", "drivers.search_without_torch", address, str(picture)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=environment,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["installed"], told["imported"], told["degraded"]) == ([], [], [])
    assert "red" in told["by_words"][0]
    assert told["by_picture"][0] == "blue"
    assert bytes.fromhex(told["png"]) == b"\x89PNG"
