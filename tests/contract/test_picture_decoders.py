"""The decoder in this process and the one in a process of its own keep the same contract."""

from collections.abc import Iterator

import pytest

from contract.picture_decoder_contract import MAX_PIXELS, PictureDecoderContract
from damsight_encoders.decode import FileDecoder, PillowDecoder
from damsight_encoders.decode.isolated import IsolatedDecoder
from damsight_encoders.ports import PictureDecoder
from damsight_schemas.connections import EncodingLimits


@pytest.fixture(scope="module")
def isolated() -> Iterator[PictureDecoder]:
    decoder = IsolatedDecoder(PillowDecoder(EncodingLimits(max_pixels=MAX_PIXELS)))
    yield decoder
    decoder.close()


class TestPillowDecoder(PictureDecoderContract):
    @pytest.fixture
    def decoder(self) -> PictureDecoder:
        return PillowDecoder(EncodingLimits(max_pixels=MAX_PIXELS))


class TestFileDecoder(PictureDecoderContract):
    @pytest.fixture
    def decoder(self) -> PictureDecoder:
        return FileDecoder(EncodingLimits(max_pixels=MAX_PIXELS))


class TestIsolatedDecoder(PictureDecoderContract):
    @pytest.fixture
    def decoder(self, isolated: PictureDecoder) -> PictureDecoder:
        return isolated
