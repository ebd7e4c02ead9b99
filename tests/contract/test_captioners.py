"""The fake captioner and the generating ones keep the same contract."""

from pathlib import Path

import pytest

from contract.captioner_contract import CaptionerContract
from damsight_encoders.captioner import open_captioner
from damsight_encoders.ports import Captioner
from damsight_schemas.connections import ModelSettings
from fakes.captioner import FakeCaptioner
from fakes.captioner_checkpoints import MAKERS, make_smolvlm

_KINDS = {**MAKERS, "smolvlm": make_smolvlm}


@pytest.fixture(scope="module", params=sorted(_KINDS))
def generating(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Captioner:
    folder: Path = _KINDS[request.param](tmp_path_factory.mktemp("captioner") / f"tiny-{request.param}")
    return open_captioner(ModelSettings(captioner=str(folder), device="cpu", dtype="float32", threads=1))


class TestFakeCaptioner(CaptionerContract):
    @pytest.fixture
    def captioner(self) -> Captioner:
        return FakeCaptioner()


class TestGenerativeCaptioner(CaptionerContract):
    @pytest.fixture
    def captioner(self, generating: Captioner) -> Captioner:
        return generating
