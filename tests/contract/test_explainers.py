"""Local and remote explainers keep the same contract."""

from collections.abc import Iterator

import pytest

from contract.explainer_contract import ExplainerContract
from damsight_encoders.explain import WindowExplainer, explainer_of
from damsight_encoders.load import load_encoders
from damsight_encoders.ports import Encoders, Explainer
from damsight_encoders.remote_encoders import RemoteJointEncoder
from damsight_encoders.service.bootstrap import serve_encoders
from damsight_encoders.settings import EncodeServeSettings
from damsight_schemas.connections import ModelSettings
from e2e.driving import served
from fakes.encoders import FakeJointEncoder


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = serve_encoders(Encoders(joint=FakeJointEncoder(), caption=None), EncodeServeSettings())
    with served(app) as address:
        yield address


class TestWindowExplainer(ExplainerContract):
    @pytest.fixture
    def explainer(self) -> Explainer:
        return WindowExplainer(FakeJointEncoder())


class TestRemoteExplainer(ExplainerContract):
    @pytest.fixture
    def explainer(self, address: str) -> Explainer:
        joint = load_encoders(ModelSettings(url=address)).joint
        assert joint is not None
        explainer = explainer_of(joint)
        assert isinstance(explainer, RemoteJointEncoder)
        return explainer
