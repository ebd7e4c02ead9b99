"""All encoders of a deployable that has everything, each a fake; what is fused is fused in earnest."""

from damsight_encoders.fused import open_fusion
from damsight_encoders.ports import Encoders
from damsight_schemas.connections import ModelSettings
from fakes.audio import FakeAudioEncoder
from fakes.captioner import FakeCaptioner
from fakes.encoders import FakeJointEncoder, FakeTextEncoder
from fakes.text_reader import FakeTextReader


def every_encoder() -> Encoders:
    joint, caption = FakeJointEncoder(), FakeTextEncoder()
    return Encoders(
        joint=joint,
        caption=caption,
        look=FakeJointEncoder("fake-look"),
        audio=FakeAudioEncoder(),
        captioner=FakeCaptioner(),
        reader=FakeTextReader(),
        fusion=open_fusion(ModelSettings(fuse="concatenate"), joint.space, caption.space),
    )
